#include "worker/fidelity.hpp"

#include <fmt/format.h>

#include "damage/fidelity.hpp"
#include "engine/llama/engine.hpp"
#include "job/engine_message.hpp"
#include "worker/send_items.hpp"

namespace bantam::worker {
namespace {

using base::Json;
using base::Result;

}  // namespace

Result<Json> work_on_fidelity(const job::FidelityJob& job, job::Channel& channel,
                              engine::Heartbeat* heartbeat) {
  TRY_ASSIGN(std::string content, damage::fidelity_text(job.fidelity, job.embedded_model));
  const damage::FidelityText text{std::move(content), job.fidelity.context, job.fidelity.chunks};
  const engine::Capacity capacity{job.fidelity.context, 1};
  TRY_ASSIGN(const auto model, engine::open_llama(job.model, job.engine, capacity, heartbeat));
  std::unique_ptr<engine::Engine> base;
  if (job.base) {
    TRY_ASSIGN(base, engine::open_llama(*job.base, job.engine, capacity, heartbeat));
  }
  TRY(channel.send(job::engine_message(model->properties())));
  SendItems sink(channel, job.done);
  TRY(damage::measure_fidelity(base.get(), *model, text, job.done, sink));
  return Json::object();
}

}  // namespace bantam::worker
