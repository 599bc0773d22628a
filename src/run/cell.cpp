#include "run/cell.hpp"

#include <sys/stat.h>

#include "gguf/split.hpp"
#include "model/program_files.hpp"
#include "plan/precision.hpp"
#include "run/make.hpp"
#include "run/program.hpp"

namespace bantam::run {
namespace {

base::Status make(const CellContext& context, const model::Source& source, const std::string& precision,
                  model::Artifact& artifact) {
  const Making making{source, *plan::parse_precision(precision), context.plan.calibration,
                      context.engine().threads.value_or(context.machine.physical_cores),
                      context.plan.hang_timeout_s};
  const auto on_progress = [&context](const Progress& progress) { context.observer.on_progress(progress); };
  return make_file(making, &context.interrupts, on_progress, artifact);
}

}  // namespace

base::Status make_files(const CellContext& context, CellFiles& files) {
  if (!context.has_own_file()) return {};
  const model::Source& source = context.source();
  TRY(make(context, source, context.cell.cell.precision, files.model));
  if (!files.baseline) return {};
  return make(context, context.cell.untuned_baseline ? model::without_adapter(source) : source,
              plan::base_precision_of(context.plan, context.cell.cell.model), *files.baseline);
}

engine::ModelFile opened_file(const CellContext& context, const model::Artifact& artifact) {
  if (context.is_in_program()) return program_file(context, artifact);
  return opened_file(context.source(), artifact);
}

engine::ModelFile opened_file(const model::Source& source, const model::Artifact& artifact) {
  engine::ModelFile file(artifact.path);
  if (const auto& adapter = source.adapter; adapter && !source.merge) {
    file.adapter = engine::Adapter{adapter->path, adapter->scale};
  }
  return file;
}

FileIdentity identify(const std::filesystem::path& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return std::nullopt;
  return std::array<std::int64_t, 4>{static_cast<std::int64_t>(facts.st_ino), facts.st_size,
                                     facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec};
}

std::vector<FileIdentity> identify_files(const CellContext& context, const CellFiles& files) {
  if (context.is_served()) return {};
  if (context.is_in_program()) return {identify(model::largest_file(files.model.path))};
  const engine::ModelFile file = opened_file(context, files.model);
  std::vector<FileIdentity> identities;
  const auto parts = gguf::find_parts(file.gguf);
  for (const auto& part : parts.value_or(std::vector{file.gguf})) identities.push_back(identify(part));
  if (file.adapter) identities.push_back(identify(file.adapter->path));
  if (files.baseline) identities.push_back(identify(files.baseline->path));
  return identities;
}

}  // namespace bantam::run
