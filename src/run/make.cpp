#include "run/make.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "model/make_artifact.hpp"

namespace bantam::run {
namespace {

namespace fs = std::filesystem;

std::string making_phase(const model::Artifact& artifact) {
  return fmt::format("making {}", artifact.file_type);
}

// How much of the file is written, against what its bits say it will have. While it is written its name is
// the final one with something behind it.
std::int64_t percent_made(const Making& making, const model::Artifact& artifact) {
  const double expected = static_cast<double>(making.source.info.parameters) * making.precision.bits / 8.0;
  if (expected <= 0.0) return 0;
  std::uintmax_t written = 0;
  std::error_code error;
  for (fs::directory_iterator file(artifact.path.parent_path(), error);
       !error && file != fs::directory_iterator(); file.increment(error)) {
    std::error_code unknown;
    const std::uintmax_t bytes = file->file_size(unknown);
    const bool is_it = file->path().filename().string().starts_with(artifact.path.filename().string());
    if (!unknown && is_it) written = std::max(written, bytes);
  }
  return std::min<std::int64_t>(99,
                                static_cast<std::int64_t>(100.0 * static_cast<double>(written) / expected));
}

}  // namespace

base::Status make_file(const Making& making, job::Interrupts* interrupts,
                       const std::function<void(const Progress&)>& on_progress, model::Artifact& artifact) {
  if (artifact.ready) return {};
  if (auto now = model::plan_making(making.source, making.precision, making.calibration); now && now->ready) {
    artifact = *std::move(now);
    return {};
  }
  on_progress({making_phase(artifact), 0, 0, {}, ""});
  job::WorkerOptions options;
  options.hang_timeout_s = making.hang_timeout_s;
  options.busy_is_alive = true;
  options.kill_on_interrupt = true;
  const job::QuantizeJob job{making.source.reference.text, making.precision.name, making.threads,
                             making.source.merge, making.calibration};
  Progress progress{making_phase(artifact), 0, 0, 100, "%"};
  const auto on_message = [&](const job::Message& message) -> base::Status {
    if (const auto* phase = std::get_if<job::PhaseBegun>(&message)) {
      progress = {phase->name, phase->done, 0, phase->total, phase->unit};
      if (phase->name == making_phase(artifact)) progress = {phase->name, 0, 0, 100, "%"};
      on_progress(progress);
    }
    return {};
  };
  // The file grows as it is made; nobody tells more of it.
  options.on_tick = [&] {
    if (progress.unit == "%") progress.done = percent_made(making, artifact);
    on_progress(progress);
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
