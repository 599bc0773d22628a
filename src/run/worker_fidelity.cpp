#include "run/worker_fidelity.hpp"

#include "base/files.hpp"
#include "engine/llama_engine.hpp"
#include "evaluate/fidelity.hpp"
#include "hub/embedded.hpp"
#include "run/engine_message.hpp"
#include "run/send_items.hpp"

namespace bantam::run {
namespace {

using base::Json;
using base::Result;

constexpr std::string_view kEmbeddedText = "texts/fidelity.txt";
constexpr std::size_t kLargestText = std::size_t{256} << 20;

}  // namespace

Result<std::string> fidelity_text(const plan::FidelitySettings& settings) {
  if (!settings.text.empty()) return base::read_file(settings.text, kLargestText);
  for (const hub::EmbeddedFile& file : hub::embedded_files()) {
    if (file.name == kEmbeddedText) return std::string(file.content());
  }
  return base::fail(base::ErrorKind::environment, "this build has no embedded text",
                    "give a text: --fidelity-text FILE");
}

Result<Json> work_on_fidelity(const FidelityJob& job, Channel& channel, engine::Heartbeat* heartbeat) {
  TRY_ASSIGN(std::string content, fidelity_text(job.fidelity));
  const evaluate::FidelityText text{std::move(content), job.fidelity.context, job.fidelity.chunks};
  const engine::Capacity capacity{job.fidelity.context, 1};
  TRY_ASSIGN(const auto model, engine::open_llama(job.model, job.engine, capacity, heartbeat));
  std::unique_ptr<engine::Engine> base;
  if (job.base) {
    TRY_ASSIGN(base, engine::open_llama(*job.base, job.engine, capacity, heartbeat));
  }
  TRY(channel.send(engine_message(model->properties())));
  SendItems sink(channel, job.done);
  TRY(evaluate::measure_fidelity(base.get(), *model, text, job.done, sink));
  return Json::object();
}

}  // namespace bantam::run
