#include "run/prepare.hpp"

#include <algorithm>
#include <utility>

#include "base/hash.hpp"
#include "model/make_artifact.hpp"
#include "plan/precision.hpp"
#include "run/cell_kinds.hpp"
#include "run/program.hpp"
#include "run/served.hpp"

namespace bantam::run {
namespace {

using base::Json;
using base::Result;
using base::Status;

std::string cell_key(const std::vector<PreparedCell>& cells, const PreparedCell& cell, const Inputs& inputs,
                     const Machine& machine, const KernelVerdicts& kernels) {
  Json parts{{"key_version", 1},
             {"model", cell.artifact.identity},
             {"precision", cell.cell.precision},
             {"name", cell.cell.model.name},
             {"task", cell.cell.task},
             {"settings", cell.settings}};
  const model::Source& model = inputs.sources[cell.source];
  if (!is_served(model) && !is_in_program(model)) {  // of these that is part of the model's identity
    parts["engine"] = machine.engine_identity;
    parts["kernels"] = kernels.fingerprint();
  }
  // A merged adapter is part of the artifact's identity.
  if (const model::Source& source = inputs.sources[cell.source]; source.adapter && !source.merge) {
    parts["adapter"] = {{"sha256", source.adapter->sha256}, {"scale", source.adapter->scale}};
  }
  if (cell.baseline) parts["base"] = cell.baseline->identity;
  if (cell.decided_against) parts["base"] = cells[*cell.decided_against].artifact.identity;
  if (const auto add = cell_work(cell.cell.kind).add_to_key; add != nullptr) add(inputs, cell, parts);
  // A timing belongs to the machine that it was made on.
  if (record::row(cell.cell.kind).belongs_to_device) parts["device"] = machine.device_identity;
  return base::sha256(base::to_text(parts));
}

// The file of one precision of a source. A precision that cannot be made is a result of its own and not an
// error of the request: the reason is then why the cell is skipped.
Result<model::Artifact> plan_file(const PreparedCell& cell, const model::Source& source,
                                  const std::string& name, const plan::CalibrationSettings& calibration,
                                  std::optional<std::string>& skip_reason) {
  TRY_ASSIGN(const plan::Precision precision, plan::parse_precision(name));
  if (const auto possible = model::check_can_make(source, cell.cell.model.name, precision); !possible) {
    skip_reason = possible.error().message;
    model::Artifact artifact;
    artifact.identity = source.sha256 + " " + precision.llama_type;
    return artifact;
  }
  return model::plan_making(source, precision, calibration);
}

Status plan_files(PreparedCell& cell, const plan::Plan& plan, const model::Source& source) {
  TRY_ASSIGN(cell.artifact, plan_file(cell, source, cell.cell.precision, plan.calibration, cell.skip_reason));
  if (!record::row(cell.cell.kind).compares_with_baseline) return {};
  const bool is_base = cell.cell.precision == plan::base_precision_of(plan, cell.cell.model);
  cell.untuned_baseline = is_base && source.adapter && cell_work(cell.cell.kind).compares_answers;
  if (is_base && !cell.untuned_baseline) return {};
  std::optional<std::string> reason;
  TRY_ASSIGN(cell.baseline,
             plan_file(cell, cell.untuned_baseline ? model::without_adapter(source) : source,
                       plan::base_precision_of(plan, cell.cell.model), plan.calibration, reason));
  if (reason && !cell.skip_reason) cell.skip_reason = "the base precision cannot be had: " + *reason;
  return {};
}

void plan_program(PreparedCell& cell, const plan::Plan& plan, const Inputs& inputs) {
  const model::Source& source = inputs.sources[cell.source];
  cell.artifact = program_artifact(cell.cell.precision, plan, *inputs.program, source);
  cell.skip_reason = program_obstacle(cell.cell, inputs);
  if (!record::row(cell.cell.kind).compares_with_baseline) return;
  const std::string& base = plan::base_precision_of(plan, cell.cell.model);
  const bool is_base = cell.cell.precision == base;
  cell.untuned_baseline = is_base && source.reference.adapter && cell_work(cell.cell.kind).compares_answers;
  if (is_base && !cell.untuned_baseline) return;
  cell.baseline = program_artifact(base, plan, *inputs.program, source);
  if (cell.untuned_baseline) cell.baseline->identity += " without adapter";
}

// In place of the base precision.
Status plan_similarity_base(PreparedCell& cell, const plan::Plan& plan, const BaseModel& base) {
  cell.untuned_baseline = false;
  if (base.program) {
    cell.baseline = program_artifact(base.named.precision, plan, *base.program, base.source);
    return {};
  }
  std::optional<std::string> reason;
  TRY_ASSIGN(cell.baseline, plan_file(cell, base.source, base.named.precision, plan.calibration, reason));
  if (reason && !cell.skip_reason)
    cell.skip_reason = "the base of --similarity-base cannot be had: " + *reason;
  return {};
}

// Ties the staged cells to the base's cell of the same model and task.
void link_staged(const plan::Plan& plan, std::vector<PreparedCell>& cells) {
  for (PreparedCell& cell : cells) {
    const std::string& base_precision = plan::base_precision_of(plan, cell.cell.model);
    if (!plan::is_staged(plan, cell.cell.kind) || cell.cell.precision == base_precision) continue;
    const auto base = std::ranges::find_if(cells, [&](const PreparedCell& other) {
      return other.source == cell.source && other.cell.task == cell.cell.task &&
             other.cell.precision == base_precision;
    });
    cell.decided_against = static_cast<std::size_t>(base - cells.begin());
    if (base->skip_reason && !cell.skip_reason)
      cell.skip_reason = "the base precision cannot be had: " + *base->skip_reason;
  }
}

}  // namespace

Result<std::vector<PreparedCell>> prepare(const plan::Plan& plan, const Inputs& inputs,
                                          const Machine& machine, const KernelVerdicts& kernels) {
  std::vector<PreparedCell> cells;
  const auto unfolded = plan::unfold(plan);
  std::size_t source = 0;
  for (const plan::Cell& one : unfolded) {
    while (plan.models[source].name != one.model.name) ++source;
    PreparedCell cell;
    cell.cell = one;
    plan::CellSettings settings = plan::cell_settings(plan, cell.cell);
    cell.source = source;
    if (const auto task = inputs.tasks.find(cell.cell.task);
        inputs.embedder && task != inputs.tasks.end() && task->second.needs_encoder) {
      settings.embedding_model_sha256 = inputs.embedder->sha256;
    }
    cell.settings = to_json(settings);
    if (const auto draft = inputs.drafts.find(settings.engine.draft.value_or(""));
        draft != inputs.drafts.end())
      cell.settings["engine"]["draft_sha256"] = draft->second.sha256;
    const bool served = is_served(inputs.sources[cell.source]);
    const bool in_program = is_in_program(inputs.sources[cell.source]);
    if (served) {
      cell.artifact = served_artifact(cell.cell, plan, inputs);
    } else if (in_program) {
      plan_program(cell, plan, inputs);
    } else {
      TRY(plan_files(cell, plan, inputs.sources[cell.source]));
    }
    if (inputs.similarity_base && cell_work(cell.cell.kind).compares_answers)
      TRY(plan_similarity_base(cell, plan, *inputs.similarity_base));
    if (const auto obstacle = cell_work(cell.cell.kind).obstacle; obstacle != nullptr) {
      if (auto reason = obstacle(inputs, cell)) cell.skip_reason = std::move(reason);
    }
    if (inputs.sources[cell.source].shape && record::row(cell.cell.kind).needs_answers) {
      cell.skip_reason = std::string(shape::kSyntheticNoAnswers);
    }
    if (const char* reason = cell_work(cell.cell.kind).not_served; served && reason != nullptr)
      cell.skip_reason = reason;
    if (served) {
      if (auto reason = served_obstacle(plan, cell.cell, inputs)) cell.skip_reason = std::move(reason);
    }
    cells.push_back(std::move(cell));
  }
  link_staged(plan, cells);
  for (PreparedCell& cell : cells) cell.key = cell_key(cells, cell, inputs, machine, kernels);
  return cells;
}

}  // namespace bantam::run
