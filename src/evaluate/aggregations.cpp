#include "evaluate/aggregations.hpp"

#include <algorithm>
#include <cmath>

#include "score/aggregates.hpp"
#include "stats/proportion.hpp"

namespace bantam::evaluate {
namespace {

using base::Json;
using record::Item;
using record::Value;

bool all_zero_or_one(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return value == 0.0 || value == 1.0; });
}

std::vector<double> metric_values(const ItemList& items, const std::string& key) {
  std::vector<double> values;
  for (const Item* item : items) {
    const auto found = item->metrics.find(key);
    if (found != item->metrics.end()) values.push_back(found->second);
  }
  return values;
}

std::optional<Value> mean_of(const std::vector<double>& values, bool with_stderr) {
  const auto mean = score::mean(values);
  if (!mean) return std::nullopt;
  Value value;
  value.value = *mean;
  value.n = static_cast<std::int64_t>(values.size());
  if (with_stderr) value.std_error = score::mean_stderr(values);
  if (with_stderr && all_zero_or_one(values)) {
    value.interval =
        wilson_of(static_cast<std::int64_t>(std::llround(*mean * static_cast<double>(*value.n))), *value.n);
  }
  return value;
}

// The item's log-likelihood: a number of its own, or the first of a list.
double log_likelihood_of(const Item& item) {
  if (const auto own = base::number_at(item.content, "log_likelihood")) return *own;
  const Json& list = base::child_at(item.content, "log_likelihoods");
  return list.is_array() && !list.empty() && list.front().is_number() ? list.front().get<double>() : 0.0;
}

std::vector<score::Weighted> weighted_values(const ItemList& items, const std::string& metric) {
  std::vector<score::Weighted> values;
  for (const Item* item : items) {
    const auto weight = base::number_at(item->content, metric == "word_perplexity" ? "words" : "bytes");
    values.push_back({log_likelihood_of(*item), weight.value_or(0.0)});
  }
  return values;
}

std::vector<score::Classified> classified_values(const ItemList& items) {
  std::vector<score::Classified> values;
  for (const Item* item : items) {
    values.push_back({base::integer_at(item->content, "gold").value_or(-1),
                      base::integer_at(item->content, "predicted").value_or(-1)});
  }
  return values;
}

std::optional<Value> plain(std::optional<double> value, std::size_t n) {
  if (!value || !std::isfinite(*value)) return std::nullopt;
  return Value{*value, std::nullopt, std::nullopt, static_cast<std::int64_t>(n)};
}

}  // namespace

record::Interval wilson_of(std::int64_t successes, std::int64_t n) {
  const stats::Interval interval = stats::wilson_interval(successes, n);
  return {interval.low, interval.high, 0.95, "wilson"};
}

std::optional<Value> aggregated(const MetricSpec& metric, const std::string& key, const ItemList& items) {
  if (metric.aggregation == "mean") return mean_of(metric_values(items, key), true);
  if (metric.aggregation == "brier_score") return mean_of(metric_values(items, key), false);
  if (metric.aggregation == "perplexity") {
    std::vector<double> values;
    for (const Item* item : items) values.push_back(log_likelihood_of(*item));
    return plain(score::perplexity(values), items.size());
  }
  if (metric.aggregation == "weighted_perplexity") {
    return plain(score::weighted_perplexity(weighted_values(items, metric.name)), items.size());
  }
  if (metric.aggregation == "bits_per_byte") {
    return plain(score::bits_per_weight(weighted_values(items, metric.name)), items.size());
  }
  if (items.empty()) return std::nullopt;
  const auto classified = classified_values(items);
  const bool f1 = metric.aggregation == "f1";
  return plain(f1 ? score::f1_of_class_one(classified) : score::matthews_correlation(classified),
               items.size());
}

}  // namespace bantam::evaluate
