#pragma once
// The metric catalogue: the one table behind JSON keys, CSV columns, table heads and docs/metrics.md.

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bantam::metric {

enum class Direction { lower_is_better, higher_is_better, neutral };
enum class MetricFormat { seconds, bytes, tokens_per_s, count, ratio, fine_ratio, percent, number, precise };
enum class MetricGroup {
  speed,
  memory,
  energy,
  answer_energy,
  resources,
  model,
  accuracy,
  generation,
  fidelity,
  similarity,
  imported
};

struct Metric {
  std::string_view name;        // JSON key and CSV column; carries the unit (ttft_s)
  std::string_view title = {};  // table head
  std::string_view unit = {};   // "s", "B", "tok/s", "" for none
  Direction direction = Direction::neutral;
  MetricFormat format = MetricFormat::number;
  MetricGroup group = MetricGroup::speed;
  std::string_view definition = {};   // one sentence with the formula
  std::string_view absent_when = {};  // "" when never
  bool is_headline = false;           // among the first values to show of a finished cell
};

std::span<const Metric> catalogue();

// How the reason begins that the base precision has no damage: the others are compared with it.
inline constexpr std::string_view kIsBase = "this is the base precision";

// The metric of a key: "acc" of "acc,filter" and of "acc".
constexpr std::string_view base_name(std::string_view key) {
  return key.substr(0, key.find(','));
}
// Null when the catalogue has no such name. A key with a filter ("exact_match,strict-match") finds its
// metric.
const Metric* find_metric(std::string_view name);

std::string_view name(Direction direction);
std::string_view name(MetricGroup group);
// A value for people, in the metric's format: "14.2 ms", "7.1 MiB", "74.3", "0.812".
std::string format_value(const Metric& metric, double value);

// Which of a task's metrics stands for it where one figure is shown or compared.

// acc_norm before acc, then exact_match, f1, mcc, perplexities; of several filters of one metric a strict
// one. `keys`: metric names, with ",filter" where a task has several filters; those that the catalogue does
// not list as scores do not count. "acc" when none is left.
std::string headline_metric(const std::set<std::string>& keys);

// The same of keys in the order in which the task asks for them, at least one: the first, but for metrics
// that yield to another one that is asked for, too (TaskMetric::yields_to).
std::string leading_score(std::span<const std::string> keys);

// The keys of the measurements that say most about a finished cell, in the order of the catalogue. `keys`:
// those of the cell's metrics. A task's scores are not among them.
std::vector<std::string> cell_headlines(const std::set<std::string>& keys);

// Whether the key is one of a group's averages that have a name of their own: "acc_macro".
bool is_named_average(std::string_view key);

// Whether its values stand in the cells of tasks, each with its own: scores, counts of answers, their energy.
bool is_of_task(const Metric& metric);

// Whether the catalogue lists the key's metric as a score of a task.
bool is_score(const std::string& key);

}  // namespace bantam::metric
