#include "run/make.hpp"

#include <fmt/format.h>

#include "job/job.hpp"
#include "model/make_artifact.hpp"

namespace bantam::run {

using base::Json;

Ended ended_by(const job::WorkerEnd& end) {
  if (end.stopped && !end.result) return {true, std::nullopt, std::nullopt};
  return {false, end.error, end.signal};
}

Ended make_file(const Making& making, job::Interrupts* interrupts,
                const std::function<void(const Progress&)>& on_progress, model::Artifact& artifact) {
  if (artifact.ready) return {};
  if (auto now = model::plan_making(making.source, making.precision, making.calibration); now && now->ready) {
    artifact = *std::move(now);
    return {};
  }
  on_progress({fmt::format("making {}", artifact.file_type), 0, 0, 0, ""});
  job::WorkerOptions options;
  options.hang_timeout_s = making.hang_timeout_s;
  options.busy_is_alive = true;
  options.kill_on_interrupt = true;
  const Json job = to_json(job::QuantizeJob{making.source.reference.text, making.precision.name,
                                            making.threads, making.source.merge, making.calibration});
  const auto on_message = [&on_progress](const Json& message) -> base::Status {
    if (base::string_at(message, "type") != job::message::kPhase) return {};
    on_progress({base::string_at(message, "name").value_or(""), base::integer_at(message, "done").value_or(0),
                 0, base::integer_at(message, "total").value_or(0),
                 base::string_at(message, "unit").value_or("")});
    return {};
  };
  const job::WorkerEnd end = job::run_worker(job, options, interrupts, on_message);
  Ended ended = ended_by(end);
  if (!end.result) return ended;
  if (base::string_at(*end.result, "identity") != artifact.identity) {
    ended.error =
        base::Error{base::ErrorKind::integrity,
                    fmt::format("{} or its calibration text changed meanwhile", making.source.reference.text),
                    "run it again"};
    return ended;
  }
  artifact.ready = true;
  artifact.sha256 = base::string_at(*end.result, "sha256").value_or("");
  if (end.result->contains("importance")) artifact.importance = end.result->at("importance");
  return ended;
}

}  // namespace bantam::run
