#include "run/prepare.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "damage/fidelity.hpp"
#include "model/llama/quantize.hpp"
#include "model/make_artifact.hpp"
#include "plan/precision.hpp"
#include "run/make.hpp"
#include "run/task_set.hpp"

namespace bantam::run {
namespace {

using base::ErrorKind;
using base::Json;
using base::Result;
using base::Status;

constexpr const char* kNoEnergy =
    "energy is not measured in this version; `bantam device` lists the sensors of this machine";

Status check_context(const plan::Plan& plan, const plan::ModelEntry& entry, const gguf::ModelInfo& info) {
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
  const bool classifies = !source.info.labels.empty();
  if (plan.fidelity || plan.similarity || (plan.accuracy && !classifies)) {
    TRY(gguf::check_generates(source.info, entry.name));
  }
  source.merge = source.adapter && plan.lora_mode == plan::kMergeAdapters;
  return source;
}

std::string key_of(const std::vector<PreparedCell>& cells, const PreparedCell& cell, const Inputs& inputs,
                   const Machine& machine, const KernelVerdicts& kernels) {
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
  if (cell.base) parts["base"] = cell.base->identity;
  if (cell.decided_against) parts["base"] = cells[*cell.decided_against].artifact.identity;
  if (cell.cell.task == plan::kFidelityTask) parts["text"] = inputs.text_sha256[cell.source];
  if (cell.cell.task == plan::kSimilarityTask && inputs.embedder) parts["embedder"] = inputs.embedder->sha256;
  if (task != inputs.tasks.end()) {
    parts["task_files"] = task->second.fingerprint;
  } else if (cell.cell.task != plan::kFidelityTask) {
    parts["device"] = machine.device_identity;  // a timing belongs to the machine that it was made on
  }
  return base::sha256(base::to_text(parts));
}

bool asks_for_answers(const std::string& task) {
  return task != plan::kPerformanceTask && task != plan::kEnergyTask;
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
  if (!plan::compares_with_base(cell.cell.task) || cell.cell.precision == plan.base_precision) return {};
  std::optional<std::string> reason;
  TRY_ASSIGN(cell.base, plan_file(cell, source, plan.base_precision, plan.calibration, reason));
  if (reason && !cell.skip_reason) cell.skip_reason = "the base precision cannot be had: " + *reason;
  return {};
}

// Ties the staged cells to the base's cell of the same model and task.
void link_staged(const plan::Plan& plan, std::vector<PreparedCell>& cells) {
  for (PreparedCell& cell : cells) {
    if (!plan::is_staged(plan, cell.cell.task) || cell.cell.precision == plan.base_precision) continue;
    const auto base = std::ranges::find_if(cells, [&](const PreparedCell& other) {
      return other.source == cell.source && other.cell.task == cell.cell.task &&
             other.cell.precision == plan.base_precision;
    });
    cell.decided_against = static_cast<std::size_t>(base - cells.begin());
    if (base->skip_reason && !cell.skip_reason)
      cell.skip_reason = "the base precision cannot be had: " + *base->skip_reason;
  }
}

Result<model::Source> find_embedder(const std::string& text, const model::LocateOptions& options) {
  TRY_ASSIGN(const model::Reference reference, model::parse_reference(text));
  TRY_ASSIGN(model::Source source, model::locate(reference, options));
  if (source.shape) {
    return base::fail(base::ErrorKind::usage,
                      fmt::format("--embedding-model {}: random weights embed nothing", text),
                      "give a real embedding model, e.g. all-MiniLM-L6-v2 as a GGUF file");
  }
  if (!gguf::embeds(source.info)) {
    return base::fail(ErrorKind::bad_input,
                      fmt::format("--embedding-model {}: not an embedding model", base::printable(text)),
                      "give a GGUF file that makes one vector of a text, e.g. all-MiniLM-L6-v2");
  }
  return source;
}

bool needs_embedder(const plan::Plan& plan, const Inputs& inputs) {
  if (plan.similarity_settings.embedding_model.empty()) return false;
  return plan.similarity ||
         std::ranges::any_of(inputs.tasks, [](const auto& task) { return task.second.needs_encoder; });
}

}  // namespace

std::string embedded_name(const model::Source& source) {
  return source.reference.kind == model::ReferenceKind::embedded ? source.reference.target : "";
}

Result<Inputs> find_inputs(const plan::Plan& plan, const model::LocateOptions& options) {
  Inputs inputs;
  for (const plan::ModelEntry& entry : plan.models) {
    TRY_ASSIGN(model::Source source, find_model(plan, entry, options));
    inputs.sources.push_back(std::move(source));
  }
  if (plan.accuracy) {
    TRY_ASSIGN(inputs.tasks, find_tasks(plan.accuracy_settings, plan.seed, options));
  }
  if (plan.fidelity) {
    for (const model::Source& source : inputs.sources) {
      TRY_ASSIGN(const std::string text,
                 damage::fidelity_text(plan.fidelity_settings, embedded_name(source)));
      inputs.text_sha256.push_back(base::sha256(text));
    }
  }
  if (needs_embedder(plan, inputs)) {
    TRY_ASSIGN(inputs.embedder, find_embedder(plan.similarity_settings.embedding_model, options));
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
    cell.settings = to_json(plan::cell_settings(plan, cell.cell));
    cell.source = i / cells_of_a_model;
    if (const auto task = inputs.tasks.find(cell.cell.task);
        inputs.embedder && task != inputs.tasks.end() && task->second.needs_encoder) {
      cell.settings["accuracy"]["embedding_model_sha256"] = inputs.embedder->sha256;
    }
    TRY(plan_files(cell, plan, inputs.sources[cell.source]));
    if (cell.cell.task == plan::kEnergyTask) cell.skip_reason = kNoEnergy;
    if (inputs.sources[cell.source].shape && asks_for_answers(cell.cell.task)) {
      cell.skip_reason = std::string(shape::kSyntheticNoAnswers);
    }
    if (!inputs.sources[cell.source].info.labels.empty() && plan::is_accuracy_task(cell.cell.task)) {
      cell.skip_reason = inputs.tasks.at(cell.cell.task).not_classified;
    }
    cells.push_back(std::move(cell));
  }
  link_staged(plan, cells);
  for (PreparedCell& cell : cells) cell.key = key_of(cells, cell, inputs, machine, kernels);
  return cells;
}

}  // namespace bantam::run
