#include "run/cell.hpp"

#include <sys/stat.h>

#include "gguf/split.hpp"
#include "plan/precision.hpp"

namespace bantam::run {
namespace {

Ended make_file(const CellRun& run, const std::string& precision, model::Artifact& artifact) {
  const Making making{run.source, *plan::parse_precision(precision), run.plan.calibration,
                      run.plan.engine.threads.value_or(run.machine.physical_cores), run.plan.hang_timeout_s};
  const auto on_progress = [&run](const Progress& progress) { run.observer.on_progress(progress); };
  return make_file(making, &run.interrupts, on_progress, artifact);
}

}  // namespace

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

FileIdentity identity_of(const std::filesystem::path& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return {};
  return {static_cast<std::int64_t>(facts.st_ino), facts.st_size, facts.st_mtim.tv_sec,
          facts.st_mtim.tv_nsec};
}

std::vector<FileIdentity> identities_of(const CellRun& run, const CellFiles& files) {
  const engine::ModelFile file = file_of(run, files.model);
  std::vector<FileIdentity> identities;
  const auto parts = gguf::find_parts(file.gguf);
  for (const auto& part : parts.value_or(std::vector{file.gguf})) identities.push_back(identity_of(part));
  if (file.adapter) identities.push_back(identity_of(file.adapter->path));
  if (files.base) identities.push_back(identity_of(files.base->path));
  return identities;
}

}  // namespace bantam::run
