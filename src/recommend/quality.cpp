#include "recommend/quality.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "analyze/known_tasks.hpp"
#include "analyze/verdict.hpp"
#include "base/text.hpp"
#include "metric/catalogue.hpp"
#include "metric/task_metric.hpp"
#include "record/sections.hpp"
#include "stats/weighted_sum.hpp"

namespace bantam::recommend {
namespace {

using analyze::Configuration;
using analyze::ScoreColumn;
using record::Record;

const metric::TaskMetric* task_metric(const ScoreColumn& column) {
  return metric::find_task_metric(metric::base_name(column.metric));
}

// Between 0 and 1, and more is better.
bool is_share(const ScoreColumn& column) {
  const metric::TaskMetric* metric = task_metric(column);
  return metric != nullptr && metric->range && metric->range->low >= -1.0 && metric->range->high == 1.0 &&
         metric->row.direction == metric::Direction::higher_is_better;
}

base::Status check_known(const std::vector<ScoreColumn>& columns, const std::vector<std::string>& names) {
  std::vector<std::string> known;
  for (const ScoreColumn& column : columns) known.push_back(column.task);
  for (const std::string& name : names) {
    if (std::ranges::find(known, name) != known.end()) continue;
    return analyze::no_results_of(name, known);
  }
  return {};
}

double corrected(double score, double chance) {
  return (score - chance) / (1.0 - chance);
}

// Weight of a task's score, as it is, in the figure.
double weight_of_score(const QualityTask& task) {
  return task.weight / (1.0 - task.chance.value_or(0.0));
}

std::optional<double> first_chance(const std::vector<Configuration>& configurations,
                                   const ScoreColumn& column) {
  for (const Configuration& configuration : configurations) {
    const auto cell = configuration.cells.find(column.task);
    if (cell == configuration.cells.end() || cell->second.outcome != record::Outcome::ok) continue;
    if (const auto chance = chance_level(cell->second, column)) return chance;
  }
  return std::nullopt;
}

// What can be said where items were not paired: from both scores alone.
std::optional<stats::Interval> apart(const ScoreColumn& column, const Configuration& configuration,
                                     const Configuration& baseline) {
  const auto own = analyze::score_entry(configuration, column).value;
  const auto other = analyze::score_entry(baseline, column).value;
  if (!own || !other) return std::nullopt;
  const auto left = analyze::interval_of(*own);
  const auto right = analyze::interval_of(*other);
  if (!left || !right) return std::nullopt;
  return stats::difference(*left, *right);
}

// Whether both scores are of the same prompts, if of other items.
bool is_same_task(const ScoreColumn& column, const Configuration& configuration,
                  const Configuration& baseline) {
  return !analyze::score_obstacle(configuration.cells.at(column.task), baseline.cells.at(column.task));
}

}  // namespace

base::Result<QualityTasks> quality_tasks(const std::vector<Configuration>& configurations,
                                         const std::vector<ScoreColumn>& columns,
                                         const std::vector<std::string>& wanted,
                                         const std::map<std::string, double>& weights) {
  TRY(check_known(columns, wanted));
  std::vector<std::string> weighted;
  for (const auto& [task, weight] : weights) weighted.push_back(task);
  TRY(check_known(columns, weighted));
  QualityTasks found;
  double sum = 0.0;
  for (const ScoreColumn& column : columns) {
    if (!wanted.empty() && std::ranges::find(wanted, column.task) == wanted.end()) continue;
    if (!is_share(column)) {
      found.left_out.push_back(
          fmt::format("{}: {} is no share of right answers", column.task, metric::base_name(column.metric)));
      continue;
    }
    const auto chance = first_chance(configurations, column);
    if (chance && *chance >= 1.0) {
      found.left_out.push_back(fmt::format("{}: its items have one choice each", column.task));
      continue;
    }
    const auto weight = weights.find(column.task);
    found.tasks.push_back({column, weight == weights.end() ? 1.0 : weight->second, chance});
    sum += found.tasks.back().weight;
  }
  for (QualityTask& task : found.tasks) task.weight /= sum;
  return found;
}

std::optional<double> chance_level(const Record& record, const ScoreColumn& column) {
  const metric::TaskMetric* metric = task_metric(column);
  if (metric == nullptr || !metric->right_or_wrong) return 0.0;
  double sum = 0.0;
  double items = 0.0;
  const auto tasks = record::tasks(record);
  for (const record::TaskFacts& task : tasks) {
    if (task.output_type != "multiple_choice") continue;
    if (!task.chance) return std::nullopt;
    const double weight = std::max(1.0, static_cast<double>(task.items));
    sum += *task.chance * weight;
    items += weight;
  }
  if (items > 0.0) return sum / items;
  return tasks.empty() ? std::nullopt : std::optional(0.0);
}

tl::expected<Quality, NoQuality> find_quality(const Configuration& configuration, const QualityTasks& tasks) {
  using Why = NoQuality::Why;
  Quality quality;
  bool is_guessing = !tasks.tasks.empty();
  for (const QualityTask& task : tasks.tasks) {
    const std::string& name = task.column.task;
    const analyze::Entry entry = analyze::score_entry(configuration, task.column);
    if (!entry.value)
      return tl::unexpected(NoQuality{Why::not_known, fmt::format("{}: {}", name, entry.absent)});
    const Record& record = configuration.cells.at(name);
    if (const auto none = analyze::why_no_answers(record))
      return tl::unexpected(NoQuality{Why::no_answers, fmt::format("{}: {}", name, *none)});
    if (analyze::counts_every_item(record, "answer_truncated"))
      return tl::unexpected(NoQuality{
          Why::cut_answers, fmt::format("{}: every answer ended at the limit of new tokens", name)});
    const double chance = task.chance.value_or(0.0);
    const record::Value& value = *entry.value;
    is_guessing =
        is_guessing && task.chance && (value.interval ? value.interval->low : value.value) <= chance;
    quality.tasks.push_back({name, value.value, chance, corrected(value.value, chance)});
    quality.value += task.weight * quality.tasks.back().corrected;
  }
  if (tasks.tasks.empty()) return tl::unexpected(NoQuality{Why::not_known, "no task was scored"});
  if (is_guessing) return tl::unexpected(NoQuality{Why::guessing, "no score can be told from guessing"});
  return quality;
}

QualityDifference find_difference(const analyze::Impact& impact, const Configuration& configuration,
                                  const Configuration& baseline, const QualityTasks& tasks) {
  QualityDifference difference;
  std::vector<stats::Term> terms;
  std::vector<std::string> missing;
  for (const QualityTask& task : tasks.tasks) {
    const double weight = weight_of_score(task);
    const auto change = std::ranges::find(impact.scores, task.column.task,
                                          [](const analyze::ScoreChange& one) { return one.column.task; });
    if (change != impact.scores.end() && change->column.metric == task.column.metric) {
      difference.value += weight * change->difference;
      difference.items += change->n.value_or(0);
      if (change->verdict == analyze::Verdict::better) difference.better.push_back(task.column.task);
      if (change->verdict == analyze::Verdict::worse) difference.worse.push_back(task.column.task);
      const auto& interval = change->clustered ? change->clustered : change->interval;
      if (interval) {
        terms.push_back({weight, change->difference, *interval});
      } else if (analyze::is_imported(configuration, task.column) &&
                 analyze::is_imported(baseline, task.column)) {
        terms.push_back({weight, change->difference, {change->difference, change->difference}});
        difference.is_imported = true;
      } else {
        missing.push_back(fmt::format("{}: no interval", task.column.task));
      }
      continue;
    }
    const double middle = analyze::score_entry(configuration, task.column).value->value -
                          analyze::score_entry(baseline, task.column).value->value;
    difference.value += weight * middle;
    const auto interval = apart(task.column, configuration, baseline);
    const auto refused = impact.refused.find(task.column.task);
    if (interval && is_same_task(task.column, configuration, baseline))
      terms.push_back({weight, middle, *interval});
    else
      missing.push_back(fmt::format("{}: {}", task.column.task,
                                    refused == impact.refused.end() ? "not compared" : refused->second));
  }
  difference.why_not = base::join(missing, "; ");
  if (missing.empty()) difference.interval = stats::weighted_sum(terms).interval;
  return difference;
}

}  // namespace bantam::recommend
