#include "run/cell.hpp"

#include <sys/stat.h>

#include "gguf/split.hpp"
#include "model/program_files.hpp"
#include "plan/precision.hpp"
#include "run/cell_kinds.hpp"
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

const BaseModel* CellContext::similarity_base() const {
  const bool is_compared = cell_work(cell.cell.kind).compares_answers && inputs.similarity_base;
  return is_compared ? &*inputs.similarity_base : nullptr;
}

base::Status make_files(const CellContext& context, CellFiles& files) {
  const model::Source& source = context.source();
  if (context.has_own_file()) TRY(make(context, source, context.cell.cell.precision, files.model));
  if (!files.baseline) return {};
  if (const BaseModel* base = context.similarity_base())
    return base->program ? base::Status{}
                         : make(context, base->source, base->named.precision, *files.baseline);
  if (!context.has_own_file()) return {};
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

std::optional<engine::ModelFile> baseline_file(const CellContext& context, const CellFiles& files) {
  if (!files.baseline) return std::nullopt;
  if (const BaseModel* base = context.similarity_base())
    return base->program
               ? program_file(base->source, base->named.engine, base->named.precision, context.plan.lora_mode)
               : opened_file(base->source, *files.baseline);
  const bool is_untuned = context.cell.untuned_baseline;
  if (!context.is_in_program())
    return is_untuned ? engine::ModelFile(files.baseline->path) : opened_file(context, *files.baseline);
  engine::ModelFile file = opened_file(context, *files.baseline);
  if (is_untuned) file.adapter.reset();
  return file;
}

std::optional<plan::EngineSettings> baseline_engine(const CellContext& context) {
  const BaseModel* base = context.similarity_base();
  if (base == nullptr) return std::nullopt;
  const plan::EngineSettings own = context.engine();
  if (!base->program && context.has_own_file()) return own;
  plan::EngineSettings settings;
  settings.threads = own.threads;
  settings.max_model_len = own.max_model_len;
  if (base->program) settings.program = base->named.engine;
  return settings;
}

FileIdentity identify(const std::filesystem::path& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return std::nullopt;
  return std::array<std::int64_t, 4>{static_cast<std::int64_t>(facts.st_ino), facts.st_size,
                                     facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec};
}

std::vector<FileIdentity> identify_files(const CellContext& context, const CellFiles& files) {
  if (context.is_served()) return {};
  std::vector<FileIdentity> identities;
  if (files.baseline) identities.push_back(identify(model::largest_file(files.baseline->path)));
  if (context.is_in_program()) {
    identities.push_back(identify(model::largest_file(files.model.path)));
    return identities;
  }
  const engine::ModelFile file = opened_file(context, files.model);
  const auto parts = gguf::find_parts(file.gguf);
  for (const auto& part : parts.value_or(std::vector{file.gguf})) identities.push_back(identify(part));
  if (file.adapter) identities.push_back(identify(file.adapter->path));
  return identities;
}

}  // namespace bantam::run
