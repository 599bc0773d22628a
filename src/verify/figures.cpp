// check_measured() and check_scores().

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <string_view>

#include "measure/block.hpp"
#include "measure/energy_figures.hpp"
#include "measure/summary.hpp"
#include "metric/aggregation.hpp"
#include "metric/catalogue.hpp"
#include "metric/task_metric.hpp"
#include "plan/plan.hpp"
#include "record/block.hpp"
#include "record/block_energy.hpp"
#include "record/cell_kind.hpp"
#include "record/sections.hpp"
#include "verify/groups.hpp"
#include "verify/values.hpp"
#include "verify/verify.hpp"

namespace bantam::verify {
namespace {

using record::Record;
using record::Value;

constexpr const char* kFunction = "a function of Python";

// Metrics that the task file adds up otherwise than by a mean, and how. Where items are 0 or 1, nanmean is
// one.
std::map<std::string, std::string> other_aggregations(const record::TaskFacts& task) {
  std::map<std::string, std::string> others;
  for (const base::Json& entry : base::child_at(task.config, "metric_list")) {
    // A function of Python that is not known here cannot be told from a mean.
    const bool is_function = base::child_at(entry, "aggregation").is_object();
    const std::string aggregation =
        is_function ? kFunction : base::string_at(entry, "aggregation").value_or("mean");
    if (aggregation != metric::aggregations::mean.name && aggregation != metric::aggregations::nanmean.name)
      others.try_emplace(base::string_at(entry, "metric").value_or(""), aggregation);
  }
  return others;
}

// The items of one task. Read once for all tasks and scores: a stranger's record may name many.
struct TaskItems {
  std::int64_t count = 0;
  std::map<std::string_view, metric::ItemList> by_score;  // those with a value of it
};

std::map<std::string_view, TaskItems> items_by_task(const std::vector<record::Item>& items) {
  std::map<std::string_view, TaskItems> tasks;
  for (const record::Item& item : items) {
    TaskItems& task = tasks[item.task];
    ++task.count;
    for (const auto& [key, value] : item.metrics) task.by_score[key].push_back(&item);
  }
  return tasks;
}

// The scores of one task: of a group's leaf, or those of the record where there is no group.
const std::map<std::string, Value>* scores_of(const Record& record, const std::string& task) {
  const auto leaf = record.subtasks.find(task);
  if (leaf != record.subtasks.end()) return &leaf->second;
  return record.subtasks.empty() ? &record.metrics : nullptr;
}

std::string round_name(std::int64_t round) {
  return fmt::format("round {}", static_cast<std::uint64_t>(round) + 1);
}

void check_block(const record::BlockFigures& block, const record::BlockFigures& own, const Record& record,
                 Figures& figures) {
  const std::string name = round_name(block.round);
  if (block.reasons.empty() != own.reasons.empty())
    figures.wrong.push_back(fmt::format("{} {}, by its trials it {}", name,
                                        block.reasons.empty() ? "counts" : "does not count",
                                        own.reasons.empty() ? "does" : "does not"));
  for (const auto& [metric, value] : block.values) {
    const auto found = own.values.find(metric);
    if (found == own.values.end())
      figures.wrong.push_back(fmt::format("{} of {} is {:.6g}, its trials give none", metric, name, value));
    else if (!is_same(value, found->second))
      figures.wrong.push_back(
          fmt::format("{} of {} is {:.6g}, its trials give {:.6g}", metric, name, value, found->second));
  }
  // Figures that the record has none of are those of later versions.
  for (const auto& [metric, value] : own.values) {
    if (record.metrics.contains(metric) && !block.values.contains(metric))
      figures.wrong.push_back(
          fmt::format("{} of {} is missing, its trials give {:.6g}", metric, name, value));
  }
}

// What a record says of its blocks, which comparisons are made of, against what its trials give.
void check_blocks(const Record& record, const measure::Summary& summary, Figures& figures) {
  std::map<std::int64_t, const record::BlockFigures*> all_own;
  for (const record::BlockFigures& own : summary.blocks) all_own.try_emplace(own.round, &own);
  std::set<std::int64_t> rounds;
  for (const record::BlockFigures& block : record::block_figures(record)) {
    const auto own = all_own.find(block.round);
    if (!rounds.insert(block.round).second)
      figures.wrong.push_back(round_name(block.round) + " stands twice");
    else if (own == all_own.end())
      figures.wrong.push_back(round_name(block.round) + " has no trials");
    else
      check_block(block, *own->second, record, figures);
  }
  for (const record::BlockFigures& own : summary.blocks) {
    if (!rounds.contains(own.round))
      figures.wrong.push_back(round_name(own.round) + " has trials and no figures");
  }
}

// Scores of tasks that the record does not tell of cannot be judged, and are none that a run leaves.
void check_tasks(const Record& record, const std::vector<record::TaskFacts>& tasks, Figures& figures) {
  std::set<std::string_view> told;
  for (const record::TaskFacts& task : tasks) told.insert(task.name);
  const auto is_score = [](const auto& entry) { return metric::is_score(entry.first); };
  if (tasks.empty() && std::ranges::any_of(record.metrics, is_score))
    figures.wrong.emplace_back("there are scores, and no task that they are of");
  for (const auto& [leaf, values] : record.subtasks) {
    if (!told.contains(leaf))
      figures.wrong.push_back(fmt::format("{} has scores, and is no task of the record", leaf));
  }
}

// One task of a record, and what there is to judge it by.
struct JudgedTask {
  const std::string& name;
  const TaskItems& items;
  std::map<std::string, std::string> others;  // other_aggregations()
  bool is_imported = false;

  metric::ItemList items_with(const std::string& key) const {
    const auto found = items.by_score.find(key);
    return found == items.by_score.end() ? metric::ItemList() : found->second;
  }
};

// A share that the record's own task file adds up otherwise: the record may not choose not to be judged. Of a
// median the value is; other tools' aggregations are named, and there are no others of ours.
void check_other(const JudgedTask& task, const std::string& key, const Value& value,
                 const std::string& aggregation, Figures& figures) {
  const std::string told =
      fmt::format("{} {}, which its task file adds up by '{}'", task.name, key, aggregation);
  if (aggregation != metric::aggregations::median.name) {
    if (task.is_imported || aggregation == kFunction)
      figures.unjudged.push_back(told);
    else
      figures.wrong.push_back(told + ", as no run does");
    return;
  }
  const metric::ItemList items = task.items_with(key);
  std::vector<std::size_t> all(items.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const auto median = metric::aggregations::median.scorer(items, key)(all);
  if (median && is_same(value.value, *median))
    figures.unjudged.push_back("the interval of " + told);
  else
    figures.wrong.push_back(fmt::format("{} {} is {:.6g}, the median of its items is {}", task.name, key,
                                        value.value, median ? fmt::format("{:.6g}", *median) : "none"));
}

// A score whose items are 0 or 1; others are not recomputed.
void check_share(const JudgedTask& task, const std::string& key, const Value& value, Figures& figures) {
  const metric::TaskMetric* metric = metric::find_task_metric(metric::base_name(key));
  if (!metric::is_score(key) || metric == nullptr || !metric->right_or_wrong) return;
  if (const auto other = task.others.find(std::string(metric->name())); other != task.others.end())
    return check_other(task, key, value, other->second, figures);
  const auto mean = metric::aggregated(metric::aggregations::mean, key, task.items_with(key));
  if (!mean)
    figures.wrong.push_back(fmt::format("{} {} is {}, its items give none", task.name, key, text(value)));
  else if (is_same_share(value, *mean, task.is_imported))
    ++figures.recomputed;
  else
    figures.wrong.push_back(difference(task.name + " " + key, value, "items", *mean));
}

// The energy of items, from what the sensors said of the time in which they were scored.
void check_answer_energy(const Record& record, Figures& figures) {
  const auto energy = record::block_energy(record);
  measure::BlockEnergyFigures given;
  if (energy) given = measure::answer_energy_figures(*energy, record.metrics);
  if (energy) check_trace_joules(*energy, "the answers", figures);
  for (const auto& [name, value] : record.metrics) {
    const metric::Metric* metric = metric::find_metric(name);
    if (metric == nullptr || metric->group != metric::MetricGroup::answer_energy) continue;
    const auto found = given.values.find(name);
    if (found == given.values.end())
      figures.wrong.push_back(fmt::format("{} is {}, its sensors give none", name, text(value)));
    else if (!is_same(value.value, found->second))
      figures.wrong.push_back(difference(name, value, "sensors", {found->second, {}, {}, {}}));
    else
      ++figures.recomputed;
  }
}

}  // namespace

Figures check_measured(const record::FinishedCell& cell) {
  const Record& record = cell.record;
  const auto settings =
      plan::cell_settings_from(record.settings).performance.value_or(plan::PerformanceSettings{});
  measure::Observed observed;
  observed.encoder = record.metrics.contains("sequence_latency_s");
  observed.trials = cell.trials;
  observed.load = measure::load_of(settings);
  observed.warm_up_is_forced = settings.num_warmup.has_value();
  for (const record::Block& block : cell.blocks) {
    if (block.energy) observed.energy[block.round] = *block.energy;
  }
  const bool is_of_energy = record::row(record::cell_kind(record.task)).measures_energy;
  const measure::Gates gates = measure::gates_for(settings);
  const measure::Summary summary =
      is_of_energy ? measure::summarize_energy(observed, gates) : measure::summarize(observed, gates);
  const auto is_recomputed = [is_of_energy](const std::string& name) {
    const metric::Metric* metric = metric::find_metric(name);
    return metric != nullptr &&
           metric->group == (is_of_energy ? metric::MetricGroup::energy : metric::MetricGroup::speed);
  };
  const char* behind = is_of_energy ? "rounds" : "trials";
  Figures figures;
  for (const auto& [name, value] : record.metrics) {
    if (!is_recomputed(name)) {
      ++figures.not_recomputed;
      continue;
    }
    const auto found = summary.metrics.find(name);
    if (found == summary.metrics.end())
      figures.wrong.push_back(fmt::format("{} is {}, its {} give none", name, text(value), behind));
    else if (!is_same(value, found->second))
      figures.wrong.push_back(difference(name, value, behind, found->second));
    else
      ++figures.recomputed;
  }
  for (const auto& [name, reason] : record.absent) {
    const auto found = summary.metrics.find(name);
    if (found != summary.metrics.end() && is_recomputed(name))
      figures.wrong.push_back(
          fmt::format("{} is said to be absent, its {} give {}", name, behind, text(found->second)));
  }
  check_blocks(record, summary, figures);
  return figures;
}

Figures check_scores(const Record& record, const std::vector<record::Item>& items) {
  Figures figures;
  std::int64_t all = std::ssize(record.metrics);
  for (const auto& [leaf, values] : record.subtasks) all += std::ssize(values);
  for (const record::GroupFacts& group : record::groups(record)) all += std::ssize(group.metrics);
  const auto tasks = record::tasks(record);
  check_tasks(record, tasks, figures);
  const auto all_items = items_by_task(items);
  const TaskItems none{};
  const bool is_imported = record::is_imported(record);
  std::set<std::string_view> seen;
  for (const record::TaskFacts& task : tasks) {
    const auto* scores = scores_of(record, task.name);
    if (scores == nullptr) continue;
    if (!seen.insert(task.name).second) {
      figures.wrong.push_back(task.name + " stands twice");
      continue;
    }
    const auto found = all_items.find(task.name);
    if (found == all_items.end() && is_imported) continue;  // other tools' results need not come with items
    const TaskItems& own = found == all_items.end() ? none : found->second;
    if (task.items != own.count)
      figures.wrong.push_back(
          fmt::format("{} rests on {} items, {} are there", task.name, task.items, own.count));
    const JudgedTask judged{task.name, own, other_aggregations(task), is_imported};
    for (const auto& [key, value] : *scores) check_share(judged, key, value, figures);
  }
  check_groups(record, figures);
  check_answer_energy(record, figures);
  figures.not_recomputed = std::max<std::int64_t>(0, all - figures.recomputed - std::ssize(figures.wrong));
  return figures;
}

}  // namespace bantam::verify
