#include "exchange/lm_eval_scores.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "metric/aggregation.hpp"
#include "metric/task_metric.hpp"

namespace bantam::exchange {
namespace {

using base::Json;
using record::Value;

constexpr double kSame = 1e-9;

bool is_same(double a, double b) {
  return std::abs(a - b) <= kSame * std::max(1.0, std::abs(a));
}

std::optional<double> finite_number(const Json& json) {
  if (!json.is_number() || !std::isfinite(json.get<double>())) return std::nullopt;
  return json.get<double>();
}

bool is_right_or_wrong(const std::string& key) {
  const metric::TaskMetric* metric = metric::find_task_metric(metric::base_name(key));
  return metric != nullptr && metric->right_or_wrong;
}

metric::ItemList pointers(const std::vector<record::Item>& items) {
  metric::ItemList list;
  for (const record::Item& item : items) list.push_back(&item);
  return list;
}

// Why the number cannot be a value of this metric; empty where it can.
std::string fault(const std::string& key, const Json& json) {
  const auto number = finite_number(json);
  if (!number) return json.is_null() ? "it is not finite in the file" : "it is no number in the file";
  const metric::TaskMetric* metric = metric::find_task_metric(metric::base_name(key));
  if (metric == nullptr || !metric->range) return "";
  const auto& [low, high] = *metric->range;
  if (*number < low - kSame || *number > high + kSame)
    return fmt::format("it is {} in the file, outside of {} to {}", *number, low, high);
  return "";
}

// The number of right answers, where the share is one of n.
std::optional<std::int64_t> successes(double share, std::int64_t n) {
  const double right = share * static_cast<double>(n);
  const double whole = std::round(right);
  if (std::abs(right - whole) > 1e-6 || whole < 0.0 || whole > static_cast<double>(n)) return std::nullopt;
  return static_cast<std::int64_t>(whole);
}

// The score and its error, without an interval. Puts what is no value into `absent`.
std::optional<Value> plain_value(const Json& entry, const ScoreName& name, const std::string& key,
                                 EntryScores& scores) {
  const Json& score = base::child_at(entry, name.metric + "," + name.filter);
  if (std::string why = fault(key, score); !why.empty()) {
    scores.absent[key] = std::move(why);
    return std::nullopt;
  }
  Value value{score.get<double>(), std::nullopt, std::nullopt, std::nullopt};
  const auto error = finite_number(base::child_at(entry, name.metric + "_stderr," + name.filter));
  if (error && *error >= 0.0) value.std_error = *error;
  return value;
}

// Whether the task file leaves the aggregation of this metric at the mean.
bool is_mean(const Json& config, const std::string& metric) {
  for (const Json& asked : base::child_at(config, "metric_list")) {
    if (base::string_at(asked, "metric") != metric) continue;
    const Json& aggregation = base::child_at(asked, "aggregation");
    return aggregation.is_null() || aggregation == "mean" || aggregation == "nanmean";
  }
  return true;
}

}  // namespace

std::vector<ScoreName> score_names(const Json& entry) {
  std::vector<ScoreName> names;
  if (!entry.is_object()) return names;
  for (const auto& [key, value] : entry.items()) {
    const std::size_t mark = key.find(',');
    if (mark == std::string::npos || mark == 0) continue;
    ScoreName name{key.substr(0, mark), key.substr(mark + 1)};
    if (!name.metric.ends_with("_stderr")) names.push_back(std::move(name));
  }
  return names;
}

std::vector<std::string> filters_of(const std::vector<ScoreName>& names) {
  std::vector<std::string> filters;
  for (const ScoreName& name : names) {
    if (std::ranges::find(filters, name.filter) == filters.end()) filters.push_back(name.filter);
  }
  return filters;
}

std::string metric_key(const ScoreName& name, bool has_one_filter) {
  return has_one_filter ? name.metric : name.metric + "," + name.filter;
}

EntryScores task_scores(const Json& entry, std::optional<std::int64_t> n,
                        const std::vector<record::Item>& items) {
  EntryScores scores;
  const std::vector<ScoreName> names = score_names(entry);
  const bool has_one_filter = filters_of(names).size() == 1;
  const metric::ItemList list = pointers(items);
  for (const ScoreName& name : names) {
    const std::string key = metric_key(name, has_one_filter);
    auto value = plain_value(entry, name, key, scores);
    if (!value) continue;
    value->n = n;
    const auto of_items = metric::aggregated(metric::aggregations::mean, key, list);
    if (of_items && is_same(of_items->value, value->value)) {
      value->n = of_items->n;
      value->interval = of_items->interval;
    } else if (n && *n > 1 && is_right_or_wrong(key)) {
      if (const auto right = successes(value->value, *n))
        value->interval = metric::wilson_interval(*right, *n);
    }
    scores.metrics[key] = *value;
  }
  return scores;
}

EntryScores group_scores(const Json& entry, const std::vector<const EntryScores*>& tasks,
                         bool has_one_filter) {
  EntryScores scores;
  for (const ScoreName& name : score_names(entry)) {
    const std::string key = metric_key(name, has_one_filter);
    auto value = plain_value(entry, name, key, scores);
    if (!value) continue;
    std::int64_t n = 0;
    double right = 0.0;
    bool are_shares = !tasks.empty();
    for (const EntryScores* task : tasks) {
      const auto found = task->metrics.find(key);
      if (found == task->metrics.end() || !found->second.n) {
        are_shares = false;
        n = 0;
        break;
      }
      const Value& part = found->second;
      n += *part.n;
      right += part.value * static_cast<double>(*part.n);
      are_shares = are_shares && part.interval && part.interval->method == "wilson";
    }
    if (n > 0) value->n = n;
    if (are_shares && n > 0 && is_same(right / static_cast<double>(n), value->value))
      value->interval = metric::wilson_interval(std::llround(right), n);
    scores.metrics[key] = *value;
  }
  return scores;
}

std::optional<std::string> contradiction(const Json& entry, const Json& config,
                                         const std::vector<record::Item>& items) {
  const std::vector<ScoreName> names = score_names(entry);
  const bool has_one_filter = filters_of(names).size() == 1;
  for (const ScoreName& name : names) {
    const std::string key = metric_key(name, has_one_filter);
    const auto score = finite_number(base::child_at(entry, name.metric + "," + name.filter));
    if (!score || !is_right_or_wrong(key) || !is_mean(config, name.metric)) continue;
    const auto of_items = metric::aggregated(metric::aggregations::mean, key, pointers(items));
    if (!of_items) return fmt::format("no item has a value of {}", base::printable(key));
    if (!is_same(of_items->value, *score))
      return fmt::format("{} of the items is {}, of the results {}", base::printable(key), of_items->value,
                         *score);
  }
  return std::nullopt;
}

}  // namespace bantam::exchange
