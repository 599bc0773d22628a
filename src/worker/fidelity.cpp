// What a precision lost on a text: both precisions of a model, side by side in this process.
#include <fmt/format.h>

#include "damage/fidelity.hpp"
#include "engine/llama/open.hpp"
#include "worker/bodies.hpp"

namespace bantam::worker {
base::Result<job::Nothing> work_on(const job::FidelityJob& job, const Desk& desk) {
  TRY_ASSIGN(std::string content, damage::fidelity_text(job.fidelity, job.embedded_model));
  const damage::FidelityText text{std::move(content), job.fidelity.context, job.fidelity.chunks};
  const engine::Capacity capacity{job.fidelity.context, 1};
  TRY(check_cache_fits(job.model, job.engine, {capacity.tokens_per_stream, job.baseline ? 2 : 1}));
  TRY_ASSIGN(const auto model, engine::open(job.model, job.engine, capacity, desk.heartbeat));
  std::unique_ptr<engine::Engine> baseline;
  if (job.baseline) {
    TRY_ASSIGN(baseline, engine::open(*job.baseline, job.baseline_engine.value_or(job.engine), capacity,
                                      desk.heartbeat));
  }
  TRY(watch_program(*model, desk));
  TRY(desk.channel.send(job::engine_opened(model->properties())));
  SendItems sink(desk.channel, job.done);
  TRY(damage::measure_fidelity(baseline.get(), *model, text, job.done, sink));
  return job::Nothing{};
}

}  // namespace bantam::worker
