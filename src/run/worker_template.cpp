#include "run/worker_template.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/time.h>

#include <algorithm>
#include <string>
#include <vector>

#include "engine/llama_tokenizer.hpp"
#include "evaluate/runner.hpp"
#include "prompt/chat.hpp"
#include "run/worker_process.hpp"

namespace bantam::run {
namespace {

using base::ErrorKind;
using base::Json;

constexpr rlim_t kSeconds = 5;
constexpr rlim_t kBytes = rlim_t{1} << 30;

void lower_limit(__rlimit_resource resource, rlim_t value) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0) return;
  limit.rlim_cur = std::min(value, limit.rlim_max);
  ::setrlimit(resource, &limit);
}

// CPU seconds count from the start of the process.
rlim_t cpu_seconds_used() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<rlim_t>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + 1);
}

}  // namespace

base::Result<Json> work_on_template(const TemplateJob& job) {
  TRY_ASSIGN(const engine::Properties model, engine::conversation_facts(job.gguf));
  evaluate::Settings settings;
  settings.apply_chat_template = true;
  settings.chat_template = job.chat_template;
  TRY_ASSIGN(const std::string source, evaluate::chat_template_of(model, settings));
  lower_limit(RLIMIT_CPU, cpu_seconds_used() + kSeconds);
  lower_limit(RLIMIT_DATA, kBytes);
  TRY_ASSIGN(const auto chat, prompt::ChatTemplate::compile(source, {model.bos_text, model.eos_text}));
  using Messages = std::vector<prompt::Message>;
  TRY(chat.apply(Messages{{"user", "Hello"}}));
  const auto with_system =
      chat.apply(Messages{{"system", "Be brief."}, {"user", "Hello"}, {"assistant", "Hi"}, {"user", "Bye"}});
  return Json{{"system", with_system && !with_system->system_dropped}};
}

base::Status check_chat_template(const std::filesystem::path& gguf, const std::string& chat_template,
                                 Interrupts* interrupts) {
  WorkerOptions options;
  options.hang_timeout_s = 10.0;
  options.busy_is_alive = true;
  options.kill_on_interrupt = true;
  const auto ignore = [](const Json&) -> base::Status { return {}; };
  const WorkerEnd end = run_worker(to_json(TemplateJob{gguf, chat_template}), options, interrupts, ignore);
  if (end.stopped) return base::fail(ErrorKind::interrupted, "stopped while trying the chat template");
  if (end.signal) {
    return base::fail(ErrorKind::bad_input,
                      fmt::format("{}: its chat template does not come to an end within {} s, {} GiB and the "
                                  "stack ({})",
                                  gguf.string(), kSeconds, kBytes >> 30, *end.signal),
                      "leave --apply-chat-template away, or repair the template");
  }
  if (!end.error) return {};
  base::Error error = *end.error;
  if (error.kind == ErrorKind::bad_input) error.message = gguf.string() + ": " + error.message;
  return tl::unexpected(error);
}

}  // namespace bantam::run
