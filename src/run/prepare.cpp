#include "run/prepare.hpp"

#include <fmt/format.h>

#include "base/hash.hpp"
#include "model/quantize.hpp"
#include "plan/precision.hpp"
#include "run/task_set.hpp"

namespace bantam::run {
namespace {

using base::ErrorKind;
using base::Json;
using base::Result;
using base::Status;

constexpr const char* kNoEnergy =
    "energy is not measured in this version; `bantam device` lists the sensors of this machine";

Status check_context(const plan::Plan& plan, const plan::ModelEntry& entry, const model::ModelInfo& info) {
  const auto& asked = plan.engine.max_model_len;
  if (!asked || !info.context_train || *asked <= *info.context_train) return {};
  return base::fail(ErrorKind::usage,
                    fmt::format("--max-model-len {}: model {} has a context of {} tokens", *asked, entry.name,
                                *info.context_train),
                    fmt::format("give at most {}", *info.context_train));
}

Result<model::Source> find_model(const plan::Plan& plan, const plan::ModelEntry& entry,
                                 const model::LocateOptions& options) {
  TRY_ASSIGN(const model::Reference reference, model::parse_reference(entry.reference));
  TRY_ASSIGN(model::Source source, model::locate(reference, options));
  TRY(model::check_architecture(source.info, entry.reference));
  TRY(check_context(plan, entry, source.info));
  source.merge = source.adapter && plan.lora_mode == plan::kMergeAdapters;
  return source;
}

std::string key_of(const PreparedCell& cell, const Inputs& inputs, const Machine& machine,
                   const KernelVerdicts& kernels) {
  Json parts{{"key_version", 1},
             {"model", cell.artifact.identity},
             {"precision", cell.cell.precision},
             {"name", cell.cell.model.name},
             {"task", cell.cell.task},
             {"settings", cell.settings},
             {"engine", machine.engine_identity},
             {"kernels", kernels.fingerprint()}};
  // A merged adapter is part of the artifact's identity.
  if (const model::Source& source = inputs.sources[cell.source]; source.adapter && !source.merge) {
    parts["adapter"] = {{"sha256", source.adapter->sha256}, {"scale", source.adapter->scale}};
  }
  const auto task = inputs.tasks.find(cell.cell.task);
  if (task != inputs.tasks.end()) {
    parts["task_files"] = task->second.fingerprint;
  } else {
    parts["device"] = machine.device_identity;  // a timing belongs to the machine that it was made on
  }
  return base::sha256(base::to_text(parts));
}

bool asks_for_answers(const std::string& task) {
  return task != plan::kPerformanceTask && task != plan::kEnergyTask;
}

// A precision that cannot be made is a result of its own and not an error of the request.
Status plan_file(PreparedCell& cell, const model::Source& source) {
  TRY_ASSIGN(const plan::Precision precision, plan::parse_precision(cell.cell.precision));
  if (const auto possible = model::check_can_make(source, cell.cell.model.name, precision); !possible) {
    cell.skip_reason = possible.error().message;
    cell.artifact.identity = source.sha256 + " " + precision.llama_type;
    return {};
  }
  TRY_ASSIGN(cell.artifact, model::plan_artifact(source, precision, model::quantizer_version()));
  return {};
}

}  // namespace

Result<Inputs> find_inputs(const plan::Plan& plan, const model::LocateOptions& options) {
  Inputs inputs;
  for (const plan::ModelEntry& entry : plan.models) {
    TRY_ASSIGN(model::Source source, find_model(plan, entry, options));
    inputs.sources.push_back(std::move(source));
  }
  if (plan.accuracy) {
    TRY_ASSIGN(inputs.tasks, find_tasks(plan.accuracy_settings, plan.seed));
  }
  return inputs;
}

Result<std::vector<PreparedCell>> prepare(const plan::Plan& plan, const Inputs& inputs,
                                          const Machine& machine, const KernelVerdicts& kernels) {
  std::vector<PreparedCell> cells;
  const auto unfolded = plan::unfold(plan);
  const std::size_t cells_of_a_model = unfolded.size() / plan.models.size();
  for (std::size_t i = 0; i < unfolded.size(); ++i) {
    PreparedCell cell;
    cell.cell = unfolded[i];
    cell.settings = plan::settings_of(plan, cell.cell);
    cell.source = i / cells_of_a_model;
    TRY(plan_file(cell, inputs.sources[cell.source]));
    if (cell.cell.task == plan::kEnergyTask) cell.skip_reason = kNoEnergy;
    if (inputs.sources[cell.source].shape && asks_for_answers(cell.cell.task)) {
      cell.skip_reason = std::string(model::kSyntheticNoAnswers);
    }
    cell.key = key_of(cell, inputs, machine, kernels);
    cells.push_back(std::move(cell));
  }
  return cells;
}

}  // namespace bantam::run
