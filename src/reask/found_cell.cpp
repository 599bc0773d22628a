#include "reask/found_cell.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "base/units.hpp"
#include "plan/precision.hpp"
#include "record/sections.hpp"
#include "run/make.hpp"

namespace bantam::reask {
namespace {

using base::ErrorKind;
using base::Json;
using base::Result;
using base::Status;
using record::Record;

constexpr const char* kNameIt = "name the right one: --model NAME=REF";

std::string short_hash(const std::string& sha256) {
  return sha256.substr(0, 12);
}

Status other_file(const std::string& what, const std::string& there, const std::string& here) {
  return base::fail(ErrorKind::integrity,
                    fmt::format("{} is another one: its SHA-256 is {}..., the record's {}...",
                                base::printable(what), short_hash(here), base::printable(short_hash(there))),
                    kNameIt);
}

// Before anything is made of it. What the record does not tell cannot differ.
Status check_source(const Record& record, const model::Source& source, const model::Artifact& artifact) {
  const auto own = record::model_facts(record).sha256;
  const Json& made_from = base::child_at(record.model_info, "made_from");
  const auto weights = base::string_at(made_from, "sha256");
  const std::string& text = source.reference.text;
  if (artifact.ready && own && *own != artifact.sha256) return other_file(text, *own, artifact.sha256);
  if (!artifact.ready && own && !weights) return other_file(text, *own, source.sha256);
  if (!artifact.ready && weights && *weights != source.sha256)
    return other_file(text, *weights, source.sha256);
  const auto adapter = base::string_at(base::child_at(record.model_info, "adapter"), "sha256");
  if (adapter && !source.adapter)
    return base::fail(ErrorKind::integrity, "it was asked with an adapter, and none is named",
                      "add +lora:ADAPTER.gguf to the reference: --model NAME=REF+lora:ADAPTER.gguf");
  if (adapter && *adapter != source.adapter->sha256)
    return other_file("the adapter", *adapter, source.adapter->sha256);
  if (!adapter && source.adapter && own)
    return base::fail(ErrorKind::integrity, "it was asked without an adapter", kNameIt);
  const Json& importance = base::child_at(record.model_info, "importance_matrix");
  if (artifact.ready || importance.is_null() || artifact.calibration) return {};
  return base::fail(ErrorKind::bad_input,
                    fmt::format("its file was made with an importance matrix of {}",
                                base::printable(base::string_at(importance, "dataset").value_or("a file"))),
                    "name the file itself: --model NAME=FILE.gguf");
}

// The first key of a task file that differs; where rows come from is told by the rows.
std::optional<std::string> differing_key(const Json& there, const Json& here) {
  for (const Json* side : {&there, &here}) {
    if (!side->is_object()) continue;
    for (const auto& [key, value] : side->items()) {
      if (!key.starts_with("dataset_") && base::child_at(there, key) != base::child_at(here, key)) return key;
    }
  }
  return std::nullopt;
}

Status check_tasks(const Record& record, const task::Selection& selection) {
  const auto told = record::tasks(record);
  for (const record::TaskFacts& facts : told) {
    const auto leaf = std::ranges::find(selection.leaves, facts.name, &task::Task::name);
    if (leaf == selection.leaves.end())
      return base::fail(ErrorKind::integrity, fmt::format("there is no task '{}' here among those of '{}'",
                                                          base::printable(facts.name), selection.name));
    if (const auto key = differing_key(facts.config, leaf->config))
      return base::fail(ErrorKind::integrity,
                        fmt::format("the file of the task '{}' is another one here: '{}' differs", facts.name,
                                    base::printable(*key)),
                        "name the folder of the right one: --include-path DIR");
  }
  if (told.size() == selection.leaves.size()) return {};
  return base::fail(ErrorKind::integrity, fmt::format("'{}' has {} tasks here, the record {}", selection.name,
                                                      selection.leaves.size(), told.size()));
}

// Whether the record's key comes out, with the engine that it names in place of the one here. Nobody tells
// which kernels did not work there: usually all did, or the same as here.
bool has_its_key(const Record& record, const plan::Plan& plan, const run::Inputs& inputs,
                 const run::Machine& machine, const run::KernelVerdicts& kernels) {
  run::Machine there = machine;
  there.engine_identity = record::engine_facts(record).identity.value_or(machine.engine_identity);
  for (const run::KernelVerdicts& verdicts : {kernels, run::KernelVerdicts()}) {
    const auto cells = run::prepare(plan, inputs, there, verdicts);
    if (cells && std::ranges::find(*cells, record.cell_key, &run::PreparedCell::key) != cells->end())
      return true;
  }
  return false;
}

// A plan of an imported cell is at the precision of the file.
Status take_precision_of_file(plan::Plan& plan, const model::Source& source) {
  auto precision = plan::parse_precision(source.info.file_type);
  if (!precision)
    return base::fail(ErrorKind::bad_input,
                      fmt::format("{} files are not asked here", source.info.file_type));
  plan.precisions = {precision->name};
  plan.base_precision = precision->name;
  return {};
}

}  // namespace

Result<FoundCell> find_cell(const Record& record, const PlanRequest& request,
                            const model::LocateOptions& options, const run::Machine& machine,
                            const run::KernelVerdicts& kernels) {
  TRY_ASSIGN(plan::Plan plan, plan_of(record, request));
  TRY_ASSIGN(run::Inputs inputs, run::find_inputs(plan, options));
  const bool is_imported = record::is_imported(record);
  if (is_imported) TRY(take_precision_of_file(plan, inputs.sources.front()));
  TRY_ASSIGN(std::vector<run::PreparedCell> cells, run::prepare(plan, inputs, machine, kernels));
  const auto own = std::ranges::find_if(cells, [&](const run::PreparedCell& cell) {
    return is_imported || cell.cell.precision == record.precision;
  });
  if (own == cells.end())
    return base::fail(ErrorKind::bad_input,
                      fmt::format("no run writes the precision as '{}'", base::printable(record.precision)));
  if (own->skip_reason) return base::fail(ErrorKind::bad_input, *own->skip_reason);
  const bool same_inputs = has_its_key(record, plan, inputs, machine, kernels);
  FoundCell found{std::move(plan), std::move(inputs), std::move(*own), same_inputs};
  TRY(check_source(record, found.source(), found.cell.artifact));
  if (!is_imported) TRY(check_tasks(record, found.task().selection));
  return found;
}

std::vector<std::string> steps_before(const FoundCell& found) {
  std::vector<std::string> steps;
  if (found.source().fetch_bytes > 0)
    steps.push_back("fetch " + base::format_bytes(static_cast<double>(found.source().fetch_bytes)));
  if (found.task().fetch_sources > 0)
    steps.push_back(fmt::format("fetch data from {} place{}", found.task().fetch_sources,
                                found.task().fetch_sources == 1 ? "" : "s"));
  if (!found.cell.artifact.ready) steps.push_back("make " + found.cell.artifact.file_type);
  return steps;
}

Status make_file(const Record& record, FoundCell& found, const run::Machine& machine,
                 job::Interrupts& interrupts, const std::function<void(const run::Progress&)>& on_progress) {
  model::Artifact& artifact = found.cell.artifact;
  if (artifact.ready) return {};
  TRY_ASSIGN(const plan::Precision precision, plan::parse_precision(found.cell.cell.precision));
  const run::Making making{found.source(), precision, found.plan.calibration,
                           found.plan.engine.threads.value_or(machine.physical_cores),
                           found.plan.hang_timeout_s};
  TRY(run::make_file(making, &interrupts, on_progress, artifact));
  const auto own = record::model_facts(record).sha256;
  if (!own || *own == artifact.sha256) return {};
  return base::fail(
      ErrorKind::integrity,
      fmt::format("{} as it is made here is another file: its SHA-256 is {}..., the record's {}...",
                  artifact.file_type, short_hash(artifact.sha256), base::printable(short_hash(*own))),
      "name the file itself: --model NAME=FILE.gguf");
}

}  // namespace bantam::reask
