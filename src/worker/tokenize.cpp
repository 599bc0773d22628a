#include "worker/tokenize.hpp"

#include <algorithm>

#include "engine/llama/tokenizer.hpp"
#include "evaluate/tokens.hpp"

namespace bantam::worker {
namespace {

using base::Json;
using base::Result;
using TokenLists = std::vector<std::vector<std::int32_t>>;

// No text is cut to a context here.
constexpr int kNoLimit = 1 << 30;

}  // namespace

Result<Json> work_on_tokenize(const job::TokenizeJob& job) {
  TRY_ASSIGN(const auto tokens, engine::tokenize_with_file(job.gguf, job.texts));
  return Json{{"tokens", tokens}};
}

Result<Json> work_on_encode(const job::EncodeJob& job) {
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

}  // namespace bantam::worker
