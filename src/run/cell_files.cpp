#include "run/cell_files.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include "model/split.hpp"
#include "plan/precision.hpp"
#include "run/job.hpp"

namespace bantam::run {
namespace {

using base::Json;
using base::Status;

// Makes the file of a precision in a worker when it is not in the cache: an earlier cell may have made it
// since the plan.
Ended make_file(const CellRun& run, const std::string& precision, model::Artifact& artifact) {
  if (artifact.ready) return {};
  if (auto now = model::plan_artifact(run.source, *plan::parse_precision(precision), artifact.quantizer);
      now && now->ready) {
    artifact = *std::move(now);
    return {};
  }
  run.observer.on_progress({fmt::format("making {}", artifact.file_type), 0, 0, 0, ""});
  WorkerOptions options;
  options.hang_timeout_s = run.plan.hang_timeout_s;
  options.busy_is_alive = true;
  options.kill_on_interrupt = true;
  const int threads = run.plan.engine.threads.value_or(run.machine.physical_cores);
  const Json job = to_json(QuantizeJob{run.source.reference.text, precision, threads, run.source.merge});
  const auto ignore = [](const Json&) -> Status { return {}; };
  const WorkerEnd end = run_worker(job, options, &run.interrupts, ignore);
  Ended ended = ended_by(end);
  if (!end.result) return ended;
  artifact.ready = true;
  artifact.made = true;
  artifact.sha256 = base::string_at(*end.result, "sha256").value_or("");
  return ended;
}

// Zeros when the file is gone.
FileIdentity identity_of(const std::filesystem::path& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return {};
  return {static_cast<std::int64_t>(facts.st_ino), facts.st_size, facts.st_mtim.tv_sec,
          facts.st_mtim.tv_nsec};
}

}  // namespace

Ended ended_by(const WorkerEnd& end) {
  if (end.stopped && !end.result) return {true, std::nullopt, std::nullopt};
  return {false, end.error, end.signal};
}

Ended make_files(const CellRun& run, CellFiles& files) {
  Ended ended = make_file(run, run.cell.cell.precision, files.model);
  if (ended.interrupted || ended.error || !files.base) return ended;
  return make_file(run, run.plan.base_precision, *files.base);
}

engine::ModelFile file_of(const CellRun& run, const model::Artifact& artifact) {
  engine::ModelFile file(artifact.path);
  if (const auto& adapter = run.source.adapter; adapter && !run.source.merge) {
    file.adapter = engine::Adapter{adapter->path, adapter->scale};
  }
  return file;
}

std::vector<FileIdentity> identities_of(const CellRun& run, const CellFiles& files) {
  const engine::ModelFile file = file_of(run, files.model);
  std::vector<FileIdentity> identities;
  const auto parts = model::parts_of(file.gguf);
  for (const auto& part : parts.value_or(std::vector{file.gguf})) identities.push_back(identity_of(part));
  if (file.adapter) identities.push_back(identity_of(file.adapter->path));
  if (files.base) identities.push_back(identity_of(files.base->path));
  return identities;
}

}  // namespace bantam::run
