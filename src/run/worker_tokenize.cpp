#include "run/worker_tokenize.hpp"

#include <algorithm>

#include "engine/llama_tokenizer.hpp"
#include "evaluate/tokens.hpp"
#include "run/worker_process.hpp"

namespace bantam::run {
namespace {

using base::Json;
using base::Result;
using TokenLists = std::vector<std::vector<std::int32_t>>;

// No text is cut to a context here.
constexpr int kNoLimit = 1 << 30;

TokenLists lists_at(const Json& json, const char* key) {
  TokenLists all;
  for (const Json& line : base::child_at(json, key)) {
    std::vector<std::int32_t>& tokens = all.emplace_back();
    for (const Json& token : line) tokens.push_back(token.get<std::int32_t>());
  }
  return all;
}

Result<Json> result_of(const Job& job, Interrupts* interrupts) {
  WorkerOptions options;
  options.busy_is_alive = true;
  options.kill_on_interrupt = true;
  const auto ignore = [](const Json&) -> base::Status { return {}; };
  WorkerEnd end = run_worker(to_json(job), options, interrupts, ignore);
  if (end.stopped) return base::fail(base::ErrorKind::interrupted, "stopped while cutting texts into tokens");
  if (end.error) return tl::unexpected(*end.error);
  return *std::move(end.result);
}

}  // namespace

Result<Json> work_on_tokenize(const TokenizeJob& job) {
  TRY_ASSIGN(const auto tokens, engine::tokenize_with_file(job.gguf, job.texts));
  return Json{{"tokens", tokens}};
}

Result<TokenLists> tokens_in_worker(const std::filesystem::path& gguf, const std::vector<std::string>& texts,
                                    Interrupts* interrupts) {
  TRY_ASSIGN(const Json result, result_of(TokenizeJob{gguf, texts}, interrupts));
  return lists_at(result, "tokens");
}

Result<Json> work_on_encode(const EncodeJob& job) {
  TRY_ASSIGN(const auto vocabulary, engine::open_vocabulary(job.gguf));
  TRY_ASSIGN(evaluate::Encoder encoder, evaluate::Encoder::make(*vocabulary, kNoLimit));
  TokenLists contexts(job.contexts.size());
  TokenLists continuations;
  for (std::size_t i = 0; i < job.continuations.size(); ++i) {
    const std::size_t context = std::min(i, job.contexts.size() - 1);
    TRY_ASSIGN(auto pair, encoder.pair(job.contexts[context], job.continuations[i]));
    contexts[context] = std::move(pair.request.context);
    continuations.push_back(std::move(pair.request.continuation));
  }
  for (std::size_t i = 0; i < job.contexts.size() && job.continuations.empty(); ++i) {
    TRY_ASSIGN(auto prompt, encoder.prompt(job.contexts[i], 0));
    contexts[i] = std::move(prompt.tokens);
  }
  return Json{{"contexts", contexts}, {"continuations", continuations}};
}

Result<EncodedItem> encode_in_worker(const EncodeJob& job, Interrupts* interrupts) {
  TRY_ASSIGN(const Json result, result_of(job, interrupts));
  return EncodedItem{lists_at(result, "contexts"), lists_at(result, "continuations")};
}

}  // namespace bantam::run
