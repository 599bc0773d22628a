#include "run/worker_tokenize.hpp"

#include "engine/llama_tokenizer.hpp"
#include "run/worker_process.hpp"

namespace bantam::run {

using base::Json;

base::Result<Json> work_on_tokenize(const TokenizeJob& job) {
  TRY_ASSIGN(const auto tokens, engine::tokenize_with_file(job.gguf, job.texts));
  return Json{{"tokens", tokens}};
}

base::Result<std::vector<std::vector<std::int32_t>>> tokens_in_worker(const std::filesystem::path& gguf,
                                                                      const std::vector<std::string>& texts,
                                                                      Interrupts* interrupts) {
  WorkerOptions options;
  options.busy_is_alive = true;
  options.kill_on_interrupt = true;
  const auto ignore = [](const Json&) -> base::Status { return {}; };
  const WorkerEnd end = run_worker(to_json(TokenizeJob{gguf, texts}), options, interrupts, ignore);
  if (end.stopped) return base::fail(base::ErrorKind::interrupted, "stopped while comparing tokens");
  if (end.error) return tl::unexpected(*end.error);
  std::vector<std::vector<std::int32_t>> all;
  for (const Json& line : base::child_at(*end.result, "tokens")) {
    std::vector<std::int32_t>& tokens = all.emplace_back();
    for (const Json& token : line) tokens.push_back(token.get<std::int32_t>());
  }
  return all;
}

}  // namespace bantam::run
