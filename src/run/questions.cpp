#include "run/questions.hpp"

#include <fmt/format.h>

#include <utility>

#include "job/process.hpp"

namespace bantam::run {
namespace {

using base::ErrorKind;
using base::Result;

template <typename Job>
Result<typename Job::Answer> ask(const Job& job, job::Interrupts* interrupts) {
  job::WorkerOptions options;
  options.busy_is_alive = true;
  options.kill_on_interrupt = true;
  auto answer = job::run_worker(job, options, interrupts);
  if (!answer && answer.error().kind == ErrorKind::interrupted)
    return base::fail(ErrorKind::interrupted, "stopped while cutting texts into tokens");
  return answer;
}

}  // namespace

job::AccuracyJob questions_of(const plan::Plan& plan, const task::Selection& selection) {
  job::AccuracyJob job;
  job.accuracy = plan.accuracy_settings;
  job.tasks = selection.leaves;
  job.seed = plan.seed;
  return job;
}

Result<job::TokenLists> tokens_in_worker(const std::filesystem::path& gguf,
                                         const std::vector<std::string>& texts, job::Interrupts* interrupts) {
  TRY_ASSIGN(job::TokenizedTexts answer, ask(job::TokenizeJob{gguf, texts}, interrupts));
  return std::move(answer.tokens);
}

Result<job::EncodedItem> encode_in_worker(const job::EncodeJob& job, job::Interrupts* interrupts) {
  return ask(job, interrupts);
}

base::Status check_chat_template(const std::filesystem::path& gguf, const plan::AccuracySettings& accuracy,
                                 job::Interrupts* interrupts) {
  job::WorkerOptions options;
  options.hang_timeout_s = 10.0;
  options.busy_is_alive = true;
  options.kill_on_interrupt = true;
  const auto answer = job::run_worker(
      job::TemplateJob{gguf, accuracy.chat_template, accuracy.chat_template_kwargs}, options, interrupts);
  if (answer) return {};
  base::Error error = answer.error();
  if (error.kind == ErrorKind::interrupted)
    return base::fail(ErrorKind::interrupted, "stopped while trying the chat template");
  if (error.signal) {
    return base::fail(
        ErrorKind::bad_input,
        fmt::format("{}: its chat template does not come to an end within {} s, {} GiB and the "
                    "stack ({})",
                    gguf.string(), job::TemplateJob::kSeconds, job::TemplateJob::kBytes >> 30, *error.signal),
        "leave --apply-chat-template away, or repair the template");
  }
  if (error.kind == ErrorKind::bad_input) {
    const char* what = error.message.starts_with("template") ? "chat " : "";
    error.message = fmt::format("{}: {}{}", gguf.string(), what, error.message);
  }
  return tl::unexpected(std::move(error));
}

}  // namespace bantam::run
