// A model's chat template rendered on short conversations, within limits whose excess ends the process.
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <string>
#include <vector>

#include "engine/llama/tokenizer.hpp"
#include "evaluate/ask.hpp"
#include "job/limits.hpp"
#include "prompt/chat.hpp"
#include "worker/bodies.hpp"

namespace bantam::worker {
namespace {

constexpr rlim_t kSeconds = job::TemplateJob::kSeconds;
constexpr rlim_t kBytes = job::TemplateJob::kBytes;

// CPU seconds count from the start of the process.
rlim_t cpu_seconds_used() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<rlim_t>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + 1);
}

}  // namespace

base::Result<job::Nothing> work_on(const job::TemplateJob& job, const Desk&) {
  TRY_ASSIGN(const engine::Properties model, engine::conversation_facts(job.gguf));
  task::Settings settings;
  settings.apply_chat_template = true;
  settings.chat_template = job.chat_template;
  TRY_ASSIGN(const std::string source, evaluate::chosen_chat_template(model, settings));
  job::lower_limit(RLIMIT_CPU, cpu_seconds_used() + kSeconds);
  job::lower_limit(RLIMIT_DATA, kBytes);
  TRY_ASSIGN(const auto chat, prompt::ChatTemplate::compile(source, {model.bos_text, model.eos_text},
                                                            job.chat_template_kwargs));
  using Messages = std::vector<prompt::Message>;
  TRY(chat.apply(Messages{{"user", "Hello"}}));
  // May be refused, but has to come to an end.
  static_cast<void>(
      chat.apply(Messages{{"system", "Be brief."}, {"user", "Hello"}, {"assistant", "Hi"}, {"user", "Bye"}}));
  return job::Nothing{};
}

}  // namespace bantam::worker
