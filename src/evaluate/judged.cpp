#include "evaluate/judged.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "metric/catalogue.hpp"
#include "metric/task_metric.hpp"

namespace bantam::evaluate {
namespace {

std::set<std::string> metric_keys(const task::Task& task) {
  std::set<std::string> keys;
  for (const task::MetricSpec& metric : task.metrics) {
    for (const task::FilterSpec& filter : task.filters)
      keys.insert(task::metric_key(task, metric.name(), filter));
  }
  return keys;
}

// The keys that the group's own score is made of and that each of its tasks has.
std::set<std::string> metric_keys(const task::Selection& selection) {
  std::set<std::string> keys = metric_keys(selection.leaves.front());
  if (!selection.group) return keys;
  std::erase_if(keys, [&](const std::string& key) {
    const bool is_asked_for = std::ranges::any_of(
        selection.group->metrics,
        [&](const task::GroupMetric& metric) { return metric.metric == metric::base_name(key); });
    return !is_asked_for || !std::ranges::all_of(selection.leaves, [&](const task::Task& leaf) {
      return metric_keys(leaf).contains(key);
    });
  });
  return keys;
}

bool is_right_or_wrong(const task::Task& task, const task::MetricSpec& spec) {
  if (spec.aggregation != &metric::aggregations::mean || task::needs_code_for_scores(task)) return false;
  if (task.process_results == nullptr) return spec.metric->right_or_wrong;
  const auto given =
      std::ranges::find(task.process_results->metrics, spec.metric, &task::GivenMetric::metric);
  return given != task.process_results->metrics.end() && given->right_or_wrong;
}

bool is_right_or_wrong(const task::Task& task, const std::string& key) {
  const auto spec = std::ranges::find(task.metrics, metric::base_name(key), &task::MetricSpec::name);
  return spec != task.metrics.end() && is_right_or_wrong(task, *spec);
}

}  // namespace

base::Result<std::string> judged_metric(const task::Selection& selection) {
  const std::set<std::string> keys = metric_keys(selection);
  if (keys.empty()) {
    return base::fail(base::ErrorKind::usage,
                      fmt::format("the group '{}' has no score of its own to be decided", selection.name),
                      "name its tasks");
  }
  std::string key = metric::headline_metric(keys);
  for (const task::Task& leaf : selection.leaves) {
    if (is_right_or_wrong(leaf, key)) continue;
    return base::fail(
        base::ErrorKind::usage,
        fmt::format("the score of '{}', {}, is not right or wrong on each item", leaf.name, key));
  }
  return key;
}

}  // namespace bantam::evaluate
