#include "evaluate/judged.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "metric/catalogue.hpp"
#include "task/task_metrics.hpp"

namespace bantam::evaluate {
namespace {

// Those that are right or wrong on an item. truthfulqa's mc2 calls a probability acc.
constexpr auto kRightOrWrong = std::to_array<std::string_view>({"acc", "acc_norm", "exact_match"});

std::string name_of(const std::string& key) {
  return key.substr(0, key.find(','));
}

std::set<std::string> keys_of(const task::Task& task) {
  std::set<std::string> keys;
  for (const task::MetricSpec& metric : task.metrics) {
    for (const task::FilterSpec& filter : task.filters)
      keys.insert(task::metric_key(task, metric.name, filter));
  }
  return keys;
}

// Those that the group's own score is made of and that each of its tasks has.
std::set<std::string> keys_of(const task::Selection& selection) {
  std::set<std::string> keys = keys_of(selection.leaves.front());
  if (!selection.group) return keys;
  std::erase_if(keys, [&](const std::string& key) {
    const bool is_asked_for =
        std::ranges::any_of(selection.group->metrics,
                            [&](const task::GroupMetric& metric) { return metric.metric == name_of(key); });
    return !is_asked_for || !std::ranges::all_of(selection.leaves, [&](const task::Task& leaf) {
      return keys_of(leaf).contains(key);
    });
  });
  return keys;
}

bool is_right_or_wrong(const task::Task& task, const std::string& key) {
  const std::string name = name_of(key);
  if (std::ranges::find(kRightOrWrong, name) == kRightOrWrong.end()) return false;
  if (task.process_results == task::KnownFunction::truthfulqa_process_results_mc2) return false;
  const auto spec = std::ranges::find(task.metrics, name, &task::MetricSpec::name);
  return spec != task.metrics.end() && spec->aggregation == "mean" &&
         metric_rule(task, *spec).value == task::ItemValue::number;
}

}  // namespace

base::Result<std::string> judged_metric(const task::Selection& selection) {
  const std::set<std::string> keys = keys_of(selection);
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
