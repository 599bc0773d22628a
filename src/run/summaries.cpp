#include "run/summaries.hpp"

#include <algorithm>
#include <iterator>

#include "damage/fidelity.hpp"
#include "damage/similarity.hpp"
#include "evaluate/task_scores.hpp"
#include "job/engine_message.hpp"
#include "measure/summary.hpp"
#include "run/task_set.hpp"
#include "task/documents.hpp"

namespace bantam::run {
namespace {

using base::Json;

void append(std::vector<std::string>& to, std::vector<std::string> more) {
  std::move(more.begin(), more.end(), std::back_inserter(to));
}

Json task_facts(const task::Task& task) {
  Json facts{{"name", task.name}, {"output_type", std::string(metric::name(task.output_type))}};
  facts["num_fewshot"] = task.num_fewshot;
  if (const Json& version = base::child_at(base::child_at(task.config, "metadata"), "version");
      !version.is_null()) {
    facts["version"] = version;
  }
  facts["data"] = task.data.text();
  facts["config"] = task.config;
  for (const task::FilterSpec& filter : task.filters) facts["filters"].push_back(filter.name);
  for (const task::MetricSpec& metric : task.metrics) facts["metrics"].push_back(metric.name());
  if (task.output_type == task::OutputType::generate_until) {
    Json& generation = facts["generation_kwargs"];
    generation = base::child_at(task.config, "generation_kwargs");
    generation["until"] = task.generation.until;
    generation["max_gen_toks"] = task.generation.max_gen_toks;
  }
  return facts;
}

Json group_facts(const task::Group& group, const evaluate::Scores& scores) {
  Json facts{{"name", group.name}, {"alias", group.alias}, {"parts", group.parts}};
  if (group.version) facts["version"] = *group.version;
  facts["metrics"] = Json::object();
  for (const auto& [key, value] : scores.metrics) facts["metrics"][key] = record::to_json(value);
  return facts;
}

// The groups that a selection unfolded, the selected one first; none of a task or a tag.
Json groups_of(const task::Selection& selection, evaluate::TaskScores& result) {
  Json groups = Json::array();
  if (!selection.group || selection.group->parts.empty()) return groups;
  groups.push_back(group_facts(*selection.group, {}));
  for (const task::Subgroup& inner : selection.subgroups)
    groups.push_back(group_facts(inner.group, result.subgroups[inner.group.name]));
  return groups;
}

void add_file_facts(const gguf::ModelInfo& info, record::Record& record) {
  record.metrics["parameters"] = {static_cast<double>(info.parameters), {}, {}, {}};
  record.metrics["bits_per_weight"] = {info.bits_per_weight, {}, {}, {}};
  record.metrics["file_bytes"] = {static_cast<double>(info.file_bytes), {}, {}, {}};
  record.metrics["weight_bytes"] = {static_cast<double>(info.weight_bytes), {}, {}, {}};
}

}  // namespace

base::Status summarize_performance(const CellRun& run, const Json& result,
                                   const measure::PrivateMemory& memory, const gguf::ModelInfo& info,
                                   record::Record& record) {
  measure::Observed observed;
  TRY_ASSIGN(observed.trials, run.store.trials(record.cell_key, record.attempt));
  if (result.contains("memory")) observed.engine_memory = job::memory_from(base::child_at(result, "memory"));
  observed.encoder = base::bool_at(result, "encoder").value_or(false);
  observed.private_peak_bytes = memory.peak_bytes;
  observed.weights_resident_bytes = base::integer_at(result, "weights_resident_bytes");
  for (const auto& [metric, reason] : base::child_at(result, "absent").items()) {
    observed.absent[metric] = reason.get<std::string>();
  }
  measure::Summary summary = measure::summarize(observed);
  record.metrics = std::move(summary.metrics);
  record.absent = std::move(summary.absent);
  append(record.warnings, std::move(summary.warnings));
  add_file_facts(info, record);
  if (!summary.reasons.empty()) {
    record.outcome = record::Outcome::invalid;
    append(record.reasons, std::move(summary.reasons));
  }
  return {};
}

base::Status summarize_accuracy(const CellRun& run, record::Record& record) {
  TRY_ASSIGN(const auto library, task::open_library(run.plan.accuracy_settings.include_paths));
  TRY_ASSIGN(const task::Selection selection, library.find(run.cell.cell.task));
  TRY_ASSIGN(const auto items, run.store.items(record.cell_key));
  evaluate::TaskScores result = evaluate::task_scores(selection, items);
  if (Json groups = groups_of(selection, result); !groups.empty())
    record.task_info["groups"] = std::move(groups);
  record.metrics = std::move(result.total.metrics);
  record.absent = std::move(result.total.absent);
  append(record.warnings, std::move(result.total.warnings));
  for (auto& [leaf, scores] : result.leaves) record.subtasks[leaf] = std::move(scores.metrics);
  record.task_info["items"] = items.size();
  record.task_info["tasks"] = Json::array();
  for (const task::Task& leaf : selection.leaves) {
    append(record.warnings, leaf.warnings);
    Json facts = task_facts(leaf);
    facts["items"] = std::ranges::count(items, leaf.name, &record::Item::task);
    TRY_ASSIGN(const auto rows, task::load_rows(leaf, false));
    facts["rows"] = rows.docs.size();
    record.task_info["tasks"].push_back(std::move(facts));
  }
  return {};
}

base::Status summarize_damage(const CellRun& run, const gguf::ModelInfo& info, record::Record& record) {
  TRY_ASSIGN(const auto items, run.store.items(record.cell_key));
  if (run.cell.cell.task == plan::kFidelityTask) {
    damage::FidelitySummary summary = damage::summarize_fidelity(items);
    record.metrics = std::move(summary.metrics);
    record.absent = std::move(summary.absent);
  } else {
    damage::SimilaritySummary summary = damage::summarize_similarity(items);
    record.metrics = std::move(summary.metrics);
    record.absent = std::move(summary.absent);
  }
  record.task_info["items"] = items.size();
  add_file_facts(info, record);
  return {};
}

}  // namespace bantam::run
