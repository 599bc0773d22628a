#include "run/make.hpp"

#include <fmt/format.h>

#include "model/make_artifact.hpp"

namespace bantam::run {

base::Status make_file(const Making& making, job::Interrupts* interrupts,
                       const std::function<void(const Progress&)>& on_progress, model::Artifact& artifact) {
  if (artifact.ready) return {};
  if (auto now = model::plan_making(making.source, making.precision, making.calibration); now && now->ready) {
    artifact = *std::move(now);
    return {};
  }
  on_progress({fmt::format("making {}", artifact.file_type), 0, 0, {}, ""});
  job::WorkerOptions options;
  options.hang_timeout_s = making.hang_timeout_s;
  options.busy_is_alive = true;
  options.kill_on_interrupt = true;
  const job::QuantizeJob job{making.source.reference.text, making.precision.name, making.threads,
                             making.source.merge, making.calibration};
  const auto on_message = [&on_progress](const job::Message& message) -> base::Status {
    if (const auto* phase = std::get_if<job::PhaseBegun>(&message)) {
      on_progress({phase->name, phase->done, 0, phase->total, phase->unit});
    }
    return {};
  };
  TRY_ASSIGN(job::MadeFile made, job::run_worker(job, options, interrupts, on_message));
  if (made.identity != artifact.identity) {
    return base::fail(
        base::ErrorKind::integrity,
        fmt::format("{} or its calibration text changed meanwhile", making.source.reference.text),
        "run it again");
  }
  artifact.ready = true;
  artifact.sha256 = std::move(made.sha256);
  if (!made.importance.is_null()) artifact.importance = std::move(made.importance);
  return {};
}

}  // namespace bantam::run
