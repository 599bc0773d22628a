#include "recommend/limit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analyze/known_tasks.hpp"
#include "analyze/verdict.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "metric/catalogue.hpp"

namespace bantam::recommend {
namespace {

using metric::Metric;
using metric::MetricFormat;
using metric::MetricGroup;

tl::unexpected<base::Error> not_a_limit(std::string_view text, Bound bound) {
  const char* option = bound == Bound::most ? "--max" : "--min";
  return base::fail(base::ErrorKind::usage,
                    fmt::format("{}: '{}' is no limit", option, base::printable(std::string(text))),
                    fmt::format("write {} METRIC=VALUE or TASK=SCORE: ttft=1s, tpot=60ms, mmlu=0.6", option));
}

std::optional<double> share_from(std::string_view text) {
  const bool is_percent = text.ends_with('%');
  if (is_percent) text.remove_suffix(1);
  const auto number = base::parse_number(base::trim(text));
  if (!number) return std::nullopt;
  return is_percent ? *number / 100.0 : *number;
}

std::optional<double> value_from(const Metric* metric, std::string_view text) {
  if (metric == nullptr) return share_from(text);
  switch (metric->format) {
    case MetricFormat::seconds:
      return base::parse_seconds(text);
    case MetricFormat::bytes:
      if (const auto bytes = base::parse_bytes(text)) return static_cast<double>(*bytes);
      return std::nullopt;
    case MetricFormat::percent:
    case MetricFormat::ratio:
    case MetricFormat::fine_ratio:
      return share_from(text);
    case MetricFormat::count:
    case MetricFormat::number:
    case MetricFormat::precise:
    case MetricFormat::tokens_per_s:
      return base::parse_number(text);
  }
  return std::nullopt;
}

const analyze::ScoreColumn* find_column(const std::vector<analyze::ScoreColumn>& columns,
                                        std::string_view task) {
  const auto found = std::ranges::find(columns, task, &analyze::ScoreColumn::task);
  return found == columns.end() ? nullptr : &*found;
}

bool is_damage(const Metric& metric) {
  return metric.group == MetricGroup::fidelity || metric.group == MetricGroup::similarity;
}

std::string value_text(const Metric& metric, const record::Value& value) {
  std::string text = metric::format_value(metric, value.value);
  if (value.interval) {
    text += fmt::format(" [{}, {}]", metric::format_value(metric, value.interval->low),
                        metric::format_value(metric, value.interval->high));
  }
  return text;
}

}  // namespace

const Metric* find_figure(std::string_view name) {
  const std::string_view stem = name.starts_with("mean_") ? name.substr(5) : name;
  for (const char* unit : {"", "_s", "_bytes", "_tokens_per_s", "_mean"}) {
    const Metric* metric =
        metric::find_metric(fmt::format("{}{}", std::string_view(unit) == "_mean" ? stem : name, unit));
    if (metric != nullptr && metric->group != MetricGroup::accuracy &&
        metric->group != MetricGroup::generation)
      return metric;
  }
  return nullptr;
}

base::Result<Limit> parse_limit(std::string_view text, Bound bound) {
  const std::size_t sign = text.find('=');
  if (sign == std::string_view::npos) return not_a_limit(text, bound);
  Limit limit;
  limit.bound = bound;
  limit.subject = std::string(base::trim(text.substr(0, sign)));
  if (limit.subject.empty()) return not_a_limit(text, bound);
  std::string name = limit.subject;
  std::ranges::replace(name, '-', '_');
  const Metric* metric = find_figure(name);
  if (metric != nullptr) limit.subject = std::string(metric->name);
  limit.is_score = metric == nullptr;
  const auto value = value_from(metric, base::trim(text.substr(sign + 1)));
  if (!value || !std::isfinite(*value)) return not_a_limit(text, bound);
  limit.value = *value;
  limit.text =
      fmt::format("{} at {} {}", limit.subject, bound == Bound::most ? "most" : "least",
                  metric != nullptr ? metric::format_value(*metric, *value) : fmt::format("{:g}", *value));
  return limit;
}

Kept judge_value(const Limit& limit, const Metric& metric, const record::Value& value, bool is_exact) {
  double low = value.value;
  double high = value.value;
  if (value.interval) {
    low = value.interval->low;
    high = value.interval->high;
  } else if (is_exact) {
    // as it is
  } else if (metric.group == MetricGroup::memory) {
    low *= 1.0 - analyze::kMemoryTolerance;
    high *= 1.0 + analyze::kMemoryTolerance;
  } else if (metric.group != MetricGroup::model) {
    return Kept::unsure;
  }
  const bool is_most = limit.bound == Bound::most;
  if (is_most ? high <= limit.value : low >= limit.value) return Kept::yes;
  if (is_most ? low > limit.value : high < limit.value) return Kept::no;
  return Kept::unsure;
}

LimitResult judge(const Limit& limit, const analyze::Configuration& configuration,
                  const std::vector<analyze::ScoreColumn>& columns) {
  const analyze::ScoreColumn* column = limit.is_score ? find_column(columns, limit.subject) : nullptr;
  const Metric* metric = metric::find_metric(column != nullptr ? column->metric : limit.subject);
  if (metric == nullptr) return {Kept::unknown, fmt::format("{} was not measured", limit.subject)};
  const analyze::Entry entry = column != nullptr ? analyze::score_entry(configuration, *column)
                                                 : analyze::metric_entry(configuration, limit.subject);
  const std::string title = limit.is_score ? limit.subject : std::string(metric->title);
  if (!entry.value && is_damage(*metric) && entry.absent.starts_with(metric::kIsBase)) return {Kept::yes, ""};
  if (!entry.value) return {Kept::unknown, fmt::format("{} is not known: {}", title, entry.absent)};
  const Kept kept = judge_value(limit, *metric, *entry.value, entry.is_imported());
  const char* without =
      kept == Kept::unsure && !entry.value->interval ? " (too few samples for an interval)" : "";
  const std::string bound = metric::format_value(*metric, limit.value);
  return {kept, fmt::format("{}{} {}{}, at {} {} was asked for", entry.is_predicted() ? "predicted " : "",
                            title, value_text(*metric, *entry.value), without,
                            limit.bound == Bound::most ? "most" : "least", bound)};
}

LimitResult judge_budget(const MemoryNeed& need, double budget_bytes) {
  if (need.with_margin() <= budget_bytes) return {Kept::yes, ""};
  const std::string most = base::format_bytes(need.with_margin());
  const std::string budget = base::format_bytes(budget_bytes);
  if (need.evidence != record::Evidence::predicted)
    return {Kept::no, fmt::format("needs {} of memory with its margin, the budget is {}", most, budget)};
  return {need.least_with_margin() > budget_bytes ? Kept::no : Kept::unsure,
          fmt::format("by prediction it needs between {} and {} of memory, the budget is {}",
                      base::format_bytes(need.least_with_margin()), most, budget)};
}

base::Status check_subjects(const std::vector<Limit>& limits,
                            const std::vector<analyze::ScoreColumn>& columns) {
  std::vector<std::string> tasks;
  for (const analyze::ScoreColumn& column : columns) tasks.push_back(column.task);
  for (const Limit& limit : limits) {
    if (!limit.is_score || find_column(columns, limit.subject) != nullptr) continue;
    return base::fail(
        base::ErrorKind::usage,
        fmt::format("'{}' is neither a metric nor a task with results", base::printable(limit.subject)),
        fmt::format("{}; metrics are listed by `bantam docs metrics`",
                    analyze::hint_of_tasks(limit.subject, tasks)));
  }
  return {};
}

}  // namespace bantam::recommend
