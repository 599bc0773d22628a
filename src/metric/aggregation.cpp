#include "metric/aggregation.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "metric/task_metric.hpp"
#include "score/choices.hpp"
#include "stats/means.hpp"
#include "stats/proportion.hpp"
#include "stats/python_random.hpp"

namespace bantam::metric {
namespace {

using record::Item;
using record::Value;

bool all_zero_or_one(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return value == 0.0 || value == 1.0; });
}

std::vector<double> own_values(const ItemList& items, const std::string& key) {
  std::vector<double> values;
  for (const Item* item : items) {
    const auto found = item->metrics.find(key);
    if (found != item->metrics.end()) values.push_back(found->second);
  }
  return values;
}

// Student's interval knows no ends: it is cut where the metric has them. Where all values are equal it would
// be a point and sure of itself, so there is none.
std::optional<record::Interval> interval_of_mean(const std::vector<double>& values,
                                                 const TaskMetric* metric) {
  const auto found = stats::mean_interval(values);
  if (!found || found->low == found->high) return std::nullopt;
  record::Interval interval{found->low, found->high, 0.95, "student_t"};
  // Code of tasks may give a known name to percents.
  const bool fits = metric != nullptr && metric->range && std::ranges::all_of(values, [metric](double value) {
                      return value >= metric->range->low && value <= metric->range->high;
                    });
  if (fits) {
    interval.low = std::max(interval.low, metric->range->low);
    interval.high = std::min(interval.high, metric->range->high);
  }
  return interval;
}

std::optional<Value> mean_value(const std::vector<double>& values, const TaskMetric* metric) {
  const auto mean = score::mean(values);
  if (!mean) return std::nullopt;
  Value value;
  value.value = *mean;
  value.n = static_cast<std::int64_t>(values.size());
  value.std_error = score::mean_stderr(values);
  const bool is_share = metric == nullptr || metric->right_or_wrong;
  if (values.size() > 1 && is_share && all_zero_or_one(values)) {
    value.interval = wilson_interval(
        static_cast<std::int64_t>(std::llround(*mean * static_cast<double>(*value.n))), *value.n);
  } else {
    value.interval = interval_of_mean(values, metric);
  }
  return value;
}

// lm-eval's median: the upper one of the two in the middle.
ScoreOf upper_median(const ItemList& items, const std::string& key) {
  std::vector<std::optional<double>> values;
  for (const Item* item : items) {
    const auto found = item->metrics.find(key);
    values.push_back(found != item->metrics.end() ? std::optional(found->second) : std::nullopt);
  }
  return score_of_drawn(std::move(values), [](std::vector<std::optional<double>>& drawn) {
    std::erase(drawn, std::nullopt);
    if (drawn.empty()) return std::optional<double>();
    const auto middle = drawn.begin() + static_cast<std::ptrdiff_t>(drawn.size() / 2);
    std::nth_element(drawn.begin(), middle, drawn.end());
    return *middle;
  });
}

std::optional<Value> resampled(const Aggregation& aggregation, const std::string& key,
                               const ItemList& items) {
  if (items.empty()) return std::nullopt;
  const ScoreOf score = aggregation.scorer(items, key);
  if (!score) return std::nullopt;
  std::vector<std::size_t> all(items.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const auto whole = score(all);
  if (!whole || !std::isfinite(*whole)) return std::nullopt;
  Value value{*whole, std::nullopt, std::nullopt, static_cast<std::int64_t>(items.size())};
  const bool shortly = aggregation.kind == Aggregation::Kind::resampled_shortly;
  const auto spread = shortly ? bootstrap(items.size(), 1, 100, score)
                              : bootstrap(items.size(), bootstrap_chunks(items.size()), 1000, score);
  if (!spread) return value;
  value.std_error = spread->std_error;
  value.interval = {spread->interval.low, spread->interval.high, 0.95, "bootstrap"};
  return value;
}

}  // namespace

namespace aggregations {
constinit const Aggregation mean{.name = "mean", .kind = Aggregation::Kind::mean};
constinit const Aggregation nanmean{.name = "nanmean", .kind = Aggregation::Kind::mean};
constinit const Aggregation median{.name = "median", .scorer = upper_median};
constinit const Aggregation bypass{.name = "bypass", .kind = Aggregation::Kind::none};
}  // namespace aggregations

std::optional<Value> aggregated(const Aggregation& aggregation, const std::string& key,
                                const ItemList& items) {
  switch (aggregation.kind) {
    case Aggregation::Kind::mean:
      return mean_value(own_values(items, key), find_task_metric(base_name(key)));
    case Aggregation::Kind::resampled:
    case Aggregation::Kind::resampled_shortly:
      return resampled(aggregation, key, items);
    case Aggregation::Kind::none:
      break;
  }
  return std::nullopt;
}

const base::Json& item_statistics(const Item& item, const std::string& key) {
  return base::child_at(base::child_at(item.content, "statistics"), key);
}

record::Interval wilson_interval(std::int64_t successes, std::int64_t n) {
  const stats::Interval interval = stats::wilson_interval(successes, n);
  return {interval.low, interval.high, 0.95, "wilson"};
}

std::optional<Spread> bootstrap(std::size_t items, std::size_t chunks, std::size_t chunk,
                                const ScoreOf& score) {
  if (items < 2) return std::nullopt;
  std::vector<double> scores;
  scores.reserve(chunks * chunk);
  std::vector<std::size_t> drawn(items);
  for (std::size_t seed = 0; seed < chunks; ++seed) {
    stats::PythonRandom random(seed);
    for (std::size_t i = 0; i < chunk; ++i) {
      random.choices(items, drawn);
      const auto value = score(drawn);
      if (value && std::isfinite(*value)) scores.push_back(*value);
    }
  }
  const auto deviation = stats::sample_sd(scores);
  const auto interval = stats::bootstrap_interval(scores);
  if (!deviation || !interval) return std::nullopt;
  return Spread{*deviation, *interval};
}

std::size_t bootstrap_chunks(std::size_t items) {
  constexpr std::size_t kMost = 100;
  constexpr std::size_t kMostDraws = 8'000'000;
  return std::clamp<std::size_t>(kMostDraws / (1000 * std::max<std::size_t>(items, 1)), 1, kMost);
}

}  // namespace bantam::metric
