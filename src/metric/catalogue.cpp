#include "metric/catalogue.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/units.hpp"
#include "metric/columns.hpp"
#include "metric/metric_objects.hpp"

namespace bantam::metric {
namespace {

// The order of every table and of docs/metrics.md.
std::vector<Metric> assembled() {
  std::vector<Metric> all;
  const auto add = [&all](std::span<const Metric> rows) { all.insert(all.end(), rows.begin(), rows.end()); };
  add(machine_metrics());
  for (const TaskMetric* metric : task_metrics()) {
    if (!metric->row.title.empty()) all.push_back(metric->row);
  }
  add(item_counts());
  add(damage_metrics());
  return all;
}

// acc_norm before acc, then exact matches, labels, perplexities.
constexpr const TaskMetric* kHeadlines[] = {
    &acc_norm,        &acc,           &exact_match, &f1, &mcc, &word_perplexity, &perplexity,
    &byte_perplexity, &bits_per_byte, &brier_score};

// The keys "exact_match" or "exact_match,FILTER"; strict filters come before flexible ones. Absent if none.
std::optional<std::string> strictest_key(const std::set<std::string>& keys, std::string_view metric) {
  std::optional<std::string> best;
  for (const std::string& key : keys) {
    if (key != metric && !key.starts_with(std::string(metric) + ",")) continue;
    if (!best || key.find("strict") != std::string::npos) best = key;
  }
  return best;
}

}  // namespace

std::span<const Metric> catalogue() {
  static const std::vector<Metric> all = assembled();
  return all;
}

const Metric* find_metric(std::string_view name) {
  const auto found = std::ranges::find(catalogue(), base_name(name), &Metric::name);
  return found == catalogue().end() ? nullptr : &*found;
}

std::string_view name(Direction direction) {
  switch (direction) {
    case Direction::lower_is_better:
      return "lower_is_better";
    case Direction::higher_is_better:
      return "higher_is_better";
    case Direction::neutral:
      return "neutral";
  }
  return {};
}

std::string_view name(MetricGroup group) {
  switch (group) {
    case MetricGroup::speed:
      return "speed";
    case MetricGroup::memory:
      return "memory";
    case MetricGroup::energy:
      return "energy";
    case MetricGroup::answer_energy:
      return "answer_energy";
    case MetricGroup::resources:
      return "resources";
    case MetricGroup::model:
      return "model";
    case MetricGroup::accuracy:
      return "accuracy";
    case MetricGroup::generation:
      return "generation";
    case MetricGroup::fidelity:
      return "fidelity";
    case MetricGroup::similarity:
      return "similarity";
    case MetricGroup::imported:
      return "imported";
  }
  return {};
}

std::string format_value(const Metric& metric, double value) {
  switch (metric.format) {
    case MetricFormat::seconds:
      return base::format_seconds(value);
    case MetricFormat::bytes:
      return base::format_bytes(value);
    case MetricFormat::count:
      return base::format_count(value);
    case MetricFormat::ratio:
      return fmt::format("{:.3f}", value);
    case MetricFormat::percent:
      return fmt::format("{:.1f} %", 100.0 * value);
    case MetricFormat::fine_ratio:
      return fmt::format("{:.4f}", value);
    case MetricFormat::precise:
      return fmt::format("{:.5g}", value);
    case MetricFormat::tokens_per_s:
    case MetricFormat::number:
      return base::format_significant(value);
  }
  return base::format_significant(value);
}

bool is_of_task(const Metric& metric) {
  return metric.group == MetricGroup::accuracy || metric.group == MetricGroup::generation ||
         metric.group == MetricGroup::answer_energy;
}

bool is_score(const std::string& key) {
  const Metric* metric = find_metric(key);
  return metric && metric->group == MetricGroup::accuracy;
}

std::string headline_metric(const std::set<std::string>& keys) {
  std::set<std::string> scores;
  for (const std::string& key : keys) {
    if (is_score(key)) scores.insert(key);
  }
  for (const TaskMetric* metric : kHeadlines) {
    if (auto key = strictest_key(scores, metric->name())) return *key;
  }
  return scores.empty() ? std::string(acc.name()) : *scores.begin();
}

std::vector<std::string> cell_headlines(const std::set<std::string>& keys) {
  std::vector<std::string> headlines;
  for (const Metric& metric : catalogue()) {
    const std::string name(metric.name);
    if (metric.is_headline && keys.contains(name)) headlines.push_back(name);
  }
  return headlines;
}

std::string leading_score(std::span<const std::string> keys) {
  const std::set<std::string> all(keys.begin(), keys.end());
  std::string leading(keys.front());
  for (const TaskMetric* metric = find_task_metric(base_name(leading)); metric != nullptr;
       metric = metric->yields_to) {
    if (auto key = strictest_key(all, metric->name())) leading = *std::move(key);
  }
  return leading;
}

bool is_named_average(std::string_view key) {
  const TaskMetric* average = find_task_metric(base_name(key));
  return average != nullptr && std::ranges::any_of(task_metrics(), [average](const TaskMetric* metric) {
           return metric->micro == average || metric->macro == average;
         });
}

}  // namespace bantam::metric
