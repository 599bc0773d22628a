#include "exchange/every_eval_ever_scores.hpp"

#include <fmt/format.h>

#include <cmath>

#include "base/text.hpp"
#include "metric/aggregation.hpp"
#include "metric/task_metric.hpp"
#include "record/cell_kind.hpp"

namespace bantam::exchange {
namespace {

using base::Json;
using metric::TaskMetric;
using record::Value;

constexpr std::int64_t kMostItems = 1'000'000'000'000;
constexpr double kPercent = 100.0;
constexpr double kConfidence = 0.95;
constexpr std::string_view kFilter = " (filter: ";
constexpr std::string_view kNoFilter = "none";

// What the schema's users call metrics of ours.
constexpr std::pair<std::string_view, const char*> kAliases[] = {{"accuracy", "acc"},
                                                                 {"normalized_accuracy", "acc_norm"}};

std::string text_at(const Json& json, const char* key) {
  return base::string_at(json, key).value_or("");
}

std::optional<double> finite_at(const Json& json, const char* key) {
  const auto number = base::number_at(json, key);
  return number && std::isfinite(*number) ? number : std::nullopt;
}

const TaskMetric* metric_called(std::string_view text) {
  const std::string name = base::ascii_lower(base::trim(text));
  for (const auto& [alias, own] : kAliases) {
    if (name == alias) return metric::find_task_metric(own);
  }
  const TaskMetric* metric = metric::find_task_metric(base::trim(text));
  return metric != nullptr ? metric : metric::find_task_metric(name);
}

// The metric by its id, name or family, or by a description that is nothing but its name.
const TaskMetric* metric_of(const Json& config) {
  for (const char* key : {"metric_id", "metric_name", "metric_kind", "evaluation_description"}) {
    const std::string text = text_at(config, key);
    if (const TaskMetric* metric = metric_called(std::string_view(text).substr(0, text.find(kFilter))))
      return metric;
  }
  return nullptr;
}

// "strict-match" of "exact_match (filter: strict-match)".
std::string filter_of(const Json& config) {
  const std::string text = text_at(config, "evaluation_description");
  const std::size_t mark = text.find(kFilter);
  if (mark == std::string::npos || !text.ends_with(')')) return std::string(kNoFilter);
  return text.substr(mark + kFilter.size(), text.size() - mark - kFilter.size() - 1);
}

// What the file's numbers are to be divided by; absent where its scale is none that fits the metric.
std::optional<double> unit_of(const TaskMetric& metric, const Json& config) {
  const bool is_called_percent = text_at(config, "metric_unit") == "percent";
  if (!metric.range || metric.range->high != 1.0) return 1.0;
  const double most = finite_at(config, "max_score").value_or(is_called_percent ? kPercent : 1.0);
  const double least = finite_at(config, "min_score").value_or(0.0);
  if (most == kPercent && least == metric.range->low * kPercent) return kPercent;
  if (is_called_percent || most != metric.range->high) return std::nullopt;
  return 1.0;
}

bool is_same_direction(const TaskMetric& metric, const Json& config) {
  const auto lower = base::bool_at(config, "lower_is_better");
  return !lower || metric.row.direction == metric::Direction::neutral ||
         *lower == (metric.row.direction == metric::Direction::lower_is_better);
}

std::optional<record::Interval> given_interval(const Json& uncertainty, double unit, double value) {
  const Json& given = base::child_at(uncertainty, "confidence_interval");
  const auto low = finite_at(given, "lower");
  const auto high = finite_at(given, "upper");
  if (!low || !high || finite_at(given, "confidence_level") != kConfidence) return std::nullopt;
  if (*low / unit > value || *high / unit < value) return std::nullopt;
  return record::Interval{*low / unit, *high / unit, kConfidence,
                          base::string_at(given, "method").value_or("as imported")};
}

void add_uncertainty(const Json& uncertainty, const TaskMetric& metric, double unit, Value& value) {
  if (const auto n = base::integer_at(uncertainty, "num_samples"); n && *n > 0 && *n <= kMostItems)
    value.n = *n;
  const auto error = finite_at(base::child_at(uncertainty, "standard_error"), "value");
  if (error && *error >= 0.0) value.std_error = *error / unit;
  value.interval = given_interval(uncertainty, unit, value.value);
  if (!value.n || *value.n < 2 || !metric.right_or_wrong) return;
  const double right = value.value * static_cast<double>(*value.n);
  // A score that was rounded is no number of right answers.
  if (std::abs(right - std::round(right)) < 1e-6)
    value.interval = metric::wilson_interval(std::llround(right), *value.n);
}

// Without the filter that its name ends with.
std::string task_of(const Json& entry, const std::string& filter) {
  std::string task = text_at(entry, "evaluation_name");
  if (task.ends_with("/" + filter)) task.resize(task.size() - filter.size() - 1);
  return task;
}

Json uncertainty_of(const Value& value) {
  Json json = Json::object();
  if (value.std_error) json["standard_error"] = {{"value", *value.std_error}};
  if (value.interval)
    json["confidence_interval"] = {{"lower", value.interval->low},
                                   {"upper", value.interval->high},
                                   {"confidence_level", value.interval->confidence},
                                   {"method", value.interval->method}};
  base::set_if(json, "num_samples", value.n);
  return json;
}

Json config_of(const TaskMetric& metric, const std::string& filter) {
  const std::string name(metric.name());
  Json json{
      {"evaluation_description", filter == kNoFilter ? name : fmt::format("{}{}{})", name, kFilter, filter)},
      {"metric_id", name},
      {"metric_name", name},
      {"lower_is_better", metric.row.direction == metric::Direction::lower_is_better}};
  // What is called continuous has to have both ends.
  if (metric.range) {
    json["score_type"] = "continuous";
    json["min_score"] = metric.range->low;
    json["max_score"] = metric.range->high;
  } else {
    json["additional_details"] = {{"bounds_status", "unknown"}};
  }
  return json;
}

}  // namespace

std::optional<Json> entry_of(const EveryEvalEverScore& score) {
  const TaskMetric* metric = metric::find_task_metric(score.metric);
  if (metric == nullptr) return std::nullopt;
  Json entry{{"evaluation_name", score.filter == kNoFilter ? score.task : score.task + "/" + score.filter},
             {"metric_config", config_of(*metric, score.filter)},
             {"score_details", {{"score", score.value.value}}}};
  if (Json uncertainty = uncertainty_of(score.value); !uncertainty.empty())
    entry["score_details"]["uncertainty"] = std::move(uncertainty);
  return entry;
}

tl::expected<EveryEvalEverScore, std::string> score_of(const Json& entry) {
  const Json& config = base::child_at(entry, "metric_config");
  EveryEvalEverScore score;
  score.filter = filter_of(config);
  score.task = task_of(entry, score.filter);
  if (score.task.empty() || record::is_kind_name(score.task))
    return tl::unexpected(std::string("it names no benchmark"));
  const TaskMetric* metric = metric_of(config);
  if (metric == nullptr) return tl::unexpected(score.task + ": it names no metric that is known here");
  score.metric = metric->name();
  const auto fault = [&](std::string_view what) {
    return tl::unexpected(fmt::format("{} {}: {}", score.task, score.metric, what));
  };
  if (!is_same_direction(*metric, config)) return fault("its direction is the other one");
  if (text_at(config, "score_type") == "levels") return fault("it is a level, no number");
  const auto unit = unit_of(*metric, config);
  if (!unit) return fault("its scale is not known");
  const Json& details = base::child_at(entry, "score_details");
  const auto number = finite_at(details, "score");
  if (!number) return fault("its score is no finite number");
  score.value.value = *number / *unit;
  if (metric->range && (score.value.value < metric->range->low || score.value.value > metric->range->high))
    return fault(fmt::format("its score {} is outside of what it can be", *number));
  add_uncertainty(base::child_at(details, "uncertainty"), *metric, *unit, score.value);
  return score;
}

}  // namespace bantam::exchange
