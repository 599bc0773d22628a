#include "run/program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "engine/program_engine.hpp"
#include "model/engine_environment.hpp"
#include "run/cell.hpp"

namespace bantam::run {
namespace {

using base::Json;
using base::Result;
using enum record::CellKind;

// Of a task; the ability that it needs.
std::string_view needed_ability(task::OutputType type) {
  return type == task::OutputType::generate_until ? engine::kGenerates : engine::kScores;
}

std::optional<std::string> lacks(const engine::ProgramFacts& program, std::string_view ability) {
  if (program.can(ability)) return std::nullopt;
  return fmt::format("the engine program {} has not the ability '{}'", base::printable(program.name),
                     ability);
}

}  // namespace

Result<engine::ProgramFacts> find_program(const std::string& program, double patience_s,
                                          const std::function<bool()>& stopped) {
  TRY_ASSIGN(const auto command, model::engine_command(program));
  engine::LinkOptions options;
  options.patience_s = patience_s;
  options.stopped = stopped;
  TRY_ASSIGN(const engine::ProgramLink link, engine::ProgramLink::start(command, options));
  return link.facts();
}

bool is_in_program(const model::Source& source) {
  return source.reference.kind == model::ReferenceKind::program;
}

model::Artifact program_artifact(const std::string& precision, const plan::Plan& plan,
                                 const engine::ProgramFacts& program, const model::Source& source) {
  const Json parts{
      {"name", program.name},         {"version", program.version},
      {"packages", program.packages}, {"model", source.sha256},
      {"precision", precision},       {"lora_mode", source.reference.adapter ? plan.lora_mode : ""}};
  model::Artifact artifact;
  artifact.path = source.path;
  artifact.identity = base::sha256(base::to_text(parts));
  artifact.file_type = precision;
  artifact.source_sha256 = source.sha256;
  artifact.sha256 = source.sha256;
  artifact.ready = true;
  return artifact;
}

std::optional<std::string> program_obstacle(const plan::Cell& cell, const Inputs& inputs) {
  const engine::ProgramFacts& program = *inputs.program;
  if (!program.can_load(cell.precision))
    return fmt::format("the engine program {} loads {}, not {}", base::printable(program.name),
                       base::printable(base::join(program.precisions, ", ")), cell.precision);
  switch (cell.kind) {
    case resources:
      return "what an engine program takes of the processor is not counted";
    case performance:
    case energy:
      return lacks(program, engine::kGenerates);
    case fidelity:
      return lacks(program, engine::kGivesLogits);
    case similarity:
      return lacks(program, engine::kGenerates);
    case accuracy:
      break;
  }
  for (const task::Task& leaf : inputs.tasks.at(cell.task).selection.leaves) {
    if (program.can(engine::kClassifies) && !program.can(engine::kScores)) return std::nullopt;
    const bool is_drawn = leaf.generation.sampling && leaf.output_type == task::OutputType::generate_until;
    if (is_drawn && !program.can(engine::kDraws)) return lacks(program, engine::kDraws);
    if (auto reason = lacks(program, needed_ability(leaf.output_type))) return reason;
  }
  return std::nullopt;
}

engine::ModelFile program_file(const model::Source& source, const std::string& program,
                               const std::string& precision, const std::string& lora_mode) {
  engine::ModelFile file(source.path);
  if (const auto& adapter = source.reference.adapter) file.adapter = engine::Adapter{adapter->path, 1.0};
  file.program.emplace();
  file.program->command = model::engine_command(program).value_or(std::vector<std::string>{});
  file.program->precision = precision;
  file.program->merges = lora_mode == plan::kMergeAdapters;
  return file;
}

engine::ModelFile program_file(const CellContext& context, const model::Artifact& artifact) {
  return program_file(context.source(), context.engine().program.value_or(""), artifact.file_type,
                      context.plan.lora_mode);
}

Json program_engine(const engine::ProgramFacts& facts) {
  return {{"name", facts.name}, {"version", facts.version}, {"packages", facts.packages}};
}

Json program_model(const CellContext& context) {
  const model::Source& source = context.source();
  return {{"path", source.path.filename().string()},
          {"sha256", source.sha256},
          {"file_bytes", source.info.file_bytes},
          {"precision", context.cell.cell.precision}};
}

void add_program_facts(const model::Source& source, record::Record& record) {
  record.metrics["file_bytes"] = {static_cast<double>(source.info.file_bytes), {}, {}, {}};
  const auto parameters = base::number_at(record.engine, "parameters");
  const auto weights = base::number_at(record.engine, "weight_bytes");
  const bool has_parameters = parameters && *parameters > 0.0;
  const bool has_weights = weights && *weights > 0.0;
  constexpr const char* kUntold = "the engine program does not tell";
  const auto put = [&record](const char* metric, bool is_told, double value) {
    if (is_told)
      record.metrics[metric] = {value, {}, {}, {}};
    else
      record.absent[metric] = kUntold;
  };
  put("parameters", has_parameters, parameters.value_or(0.0));
  put("weight_bytes", has_weights, weights.value_or(0.0));
  put("bits_per_weight", has_parameters && has_weights,
      has_parameters ? 8.0 * weights.value_or(0.0) / *parameters : 0.0);
}

}  // namespace bantam::run
