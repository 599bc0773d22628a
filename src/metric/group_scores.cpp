#include "metric/group_scores.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "metric/task_metric.hpp"
#include "score/choices.hpp"
#include "stats/means.hpp"

namespace bantam::metric {
namespace {

using record::Value;

bool are_shares(const TaskValues& values) {
  return std::ranges::all_of(
      values, [](const Value* value) { return value->interval && value->interval->method == "wilson"; });
}

// The mean over all items with the error that holds when the tasks are a sample of what could be asked.
std::optional<Value> clustered_micro(const TaskValues& values) {
  std::vector<stats::Cluster> clusters;
  Value micro;
  micro.n = 0;
  for (const Value* value : values) {
    const std::int64_t n = value->n.value_or(0);
    clusters.push_back({value->value * static_cast<double>(n), n});
    *micro.n += n;
  }
  const auto mean = stats::clustered_mean(clusters);
  if (!mean) return std::nullopt;
  micro.value = mean->mean;
  micro.std_error = mean->std_error;
  micro.interval = {mean->interval.low, mean->interval.high, 0.95, "clustered"};
  return micro;
}

// The mean of the tasks' scores, each counting the same, with the error that their items leave.
Value macro_average(const TaskValues& values) {
  Value macro;
  macro.n = 0;
  double variance = 0.0;
  bool has_error = true;
  const auto count = static_cast<double>(values.size());
  for (const Value* value : values) {
    macro.value += value->value / count;
    *macro.n += value->n.value_or(0);
    has_error = has_error && value->std_error;
    if (has_error) variance += *value->std_error * *value->std_error / (count * count);
  }
  if (!has_error) return macro;
  constexpr double kNormal975 = 1.959963984540054;
  macro.std_error = std::sqrt(variance);
  macro.interval = {macro.value - kNormal975 * *macro.std_error, macro.value + kNormal975 * *macro.std_error,
                    0.95, "normal"};
  return macro;
}

// Intervals of averages know no ends: they are cut where the metric has them.
Value within(Value value, const std::optional<Range>& range) {
  if (value.interval && range) {
    value.interval->low = std::max(value.interval->low, range->low);
    value.interval->high = std::min(value.interval->high, range->high);
  }
  return value;
}

// "acc_macro,filter" of "acc,filter".
std::string renamed(const std::string& key, const TaskMetric& metric) {
  return std::string(metric.name()) + key.substr(base_name(key).size());
}

}  // namespace

std::optional<Value> group_value(const TaskValues& values, bool weight_by_size) {
  std::vector<score::Member> members;
  const bool has_successes = weight_by_size && are_shares(values);
  Value total;
  total.n = 0;
  std::int64_t successes = 0;
  for (const Value* value : values) {
    const std::int64_t n = value->n.value_or(0);
    members.push_back({value->value, value->std_error, n});
    *total.n += n;
    if (has_successes)
      successes += static_cast<std::int64_t>(std::llround(value->value * static_cast<double>(n)));
  }
  const auto mean = score::group_mean(members, weight_by_size);
  if (!mean) return std::nullopt;
  total.value = *mean;
  total.std_error = score::group_stderr(members, weight_by_size);
  if (has_successes) total.interval = wilson_interval(successes, *total.n);
  return total;
}

std::map<std::string, Value> group_averages(const std::string& key, const TaskValues& values) {
  std::map<std::string, Value> averages;
  const TaskMetric* metric = find_task_metric(base_name(key));
  if (values.size() < 2 || !are_shares(values) || metric == nullptr) return averages;
  if (metric->micro != nullptr) {
    if (const auto micro = clustered_micro(values))
      averages[renamed(key, *metric->micro)] = within(*micro, metric->range);
  }
  if (metric->macro != nullptr)
    averages[renamed(key, *metric->macro)] = within(macro_average(values), metric->range);
  return averages;
}

std::string averaged_key(const std::string& key) {
  const TaskMetric* average = find_task_metric(base_name(key));
  if (average == nullptr) return {};
  const auto all = task_metrics();
  const auto of = std::ranges::find_if(all, [average](const TaskMetric* metric) {
    return metric->micro == average || metric->macro == average;
  });
  return of == all.end() ? std::string() : renamed(key, **of);
}

}  // namespace bantam::metric
