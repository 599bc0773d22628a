#include "run/questions.hpp"

#include <fmt/format.h>

#include "job/process.hpp"

namespace bantam::run {
namespace {

using base::ErrorKind;
using base::Json;
using base::Result;
using TokenLists = std::vector<std::vector<std::int32_t>>;

TokenLists lists_at(const Json& json, const char* key) {
  TokenLists all;
  for (const Json& line : base::child_at(json, key)) {
    std::vector<std::int32_t>& tokens = all.emplace_back();
    for (const Json& token : line) tokens.push_back(token.get<std::int32_t>());
  }
  return all;
}

Result<Json> result_of(const job::Job& job, job::Interrupts* interrupts) {
  job::WorkerOptions options;
  options.busy_is_alive = true;
  options.kill_on_interrupt = true;
  const auto ignore = [](const Json&) -> base::Status { return {}; };
  job::WorkerEnd end = job::run_worker(to_json(job), options, interrupts, ignore);
  if (end.stopped) return base::fail(base::ErrorKind::interrupted, "stopped while cutting texts into tokens");
  if (end.error) return tl::unexpected(*end.error);
  return *std::move(end.result);
}

}  // namespace

Result<TokenLists> tokens_in_worker(const std::filesystem::path& gguf, const std::vector<std::string>& texts,
                                    job::Interrupts* interrupts) {
  TRY_ASSIGN(const Json result, result_of(job::TokenizeJob{gguf, texts}, interrupts));
  return lists_at(result, "tokens");
}

Result<EncodedItem> encode_in_worker(const job::EncodeJob& job, job::Interrupts* interrupts) {
  TRY_ASSIGN(const Json result, result_of(job, interrupts));
  return EncodedItem{lists_at(result, "contexts"), lists_at(result, "continuations")};
}

base::Status check_chat_template(const std::filesystem::path& gguf, const std::string& chat_template,
                                 job::Interrupts* interrupts) {
  job::WorkerOptions options;
  options.hang_timeout_s = 10.0;
  options.busy_is_alive = true;
  options.kill_on_interrupt = true;
  const auto ignore = [](const Json&) -> base::Status { return {}; };
  const job::WorkerEnd end =
      job::run_worker(to_json(job::TemplateJob{gguf, chat_template}), options, interrupts, ignore);
  if (end.stopped) return base::fail(ErrorKind::interrupted, "stopped while trying the chat template");
  if (end.signal) {
    return base::fail(
        ErrorKind::bad_input,
        fmt::format("{}: its chat template does not come to an end within {} s, {} GiB and the "
                    "stack ({})",
                    gguf.string(), job::kTemplateSeconds, job::kTemplateBytes >> 30, *end.signal),
        "leave --apply-chat-template away, or repair the template");
  }
  if (!end.error) return {};
  base::Error error = *end.error;
  if (error.kind == ErrorKind::bad_input) error.message = gguf.string() + ": " + error.message;
  return tl::unexpected(error);
}

}  // namespace bantam::run
