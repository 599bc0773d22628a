#include "analyze/verdict.hpp"

#include <algorithm>
#include <cmath>

#include "plan/plan.hpp"
#include "record/sections.hpp"

namespace bantam::analyze {
namespace {

// Peaks closer than the larger of these are not told apart: a process's own memory varies from run to run.
constexpr double kMemoryToleranceBytes = 1024.0 * 1024.0;

bool is_lower(const record::Value& a, const record::Value& b) {
  return a.interval->high < b.interval->low;
}

}  // namespace

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::better:
      return "better";
    case Verdict::worse:
      return "worse";
    case Verdict::equal:
      return "equal";
    case Verdict::alike:
      return "alike";
    case Verdict::undecided:
      return "undecided";
  }
  return {};
}

std::optional<stats::Interval> interval_of(const record::Value& value) {
  if (!value.interval) return std::nullopt;
  return stats::Interval{value.interval->low, value.interval->high};
}

Verdict compare(const metric::Metric& metric, const record::Value& value, const record::Value& other) {
  if (metric.direction == metric::Direction::neutral) return Verdict::undecided;
  bool lower = value.value < other.value;
  if (value.interval && other.interval) {
    if (!is_lower(value, other) && !is_lower(other, value)) return Verdict::undecided;
    lower = is_lower(value, other);
  } else if (metric.group == metric::MetricGroup::model) {
    if (value.value == other.value) return Verdict::equal;
  } else if (metric.group == metric::MetricGroup::memory) {
    const double larger = std::max(std::abs(value.value), std::abs(other.value));
    if (std::abs(value.value - other.value) <=
        std::max(kMemoryTolerance * larger, kMemoryToleranceBytes))
      return Verdict::undecided;
  } else {
    return Verdict::undecided;
  }
  const bool lower_wins = metric.direction == metric::Direction::lower_is_better;
  return lower == lower_wins ? Verdict::better : Verdict::worse;
}

std::optional<Stages> stages(const record::Record& record) {
  const auto adaptive = record::adaptive(record);
  if (!adaptive || !adaptive->n_used) return std::nullopt;
  return Stages{*adaptive->n_used, adaptive->n_total, adaptive->stopped_because};
}

std::optional<Decided> decision(const record::Record& record) {
  const auto adaptive = record::adaptive(record);
  const auto taken = stages(record);
  if (!taken || !adaptive->difference || !adaptive->interval) return std::nullopt;
  Decided decided;
  decided.stages = *taken;
  decided.looks = std::ssize(adaptive->looks);
  decided.width = adaptive->width;
  decided.metric = adaptive->metric;
  decided.base_precision = plan::cell_settings_from(record.settings).base_precision.value_or("");
  decided.verdict = adaptive->verdict.value_or("undecided");
  decided.difference = *adaptive->difference;
  decided.interval = {adaptive->interval->low, adaptive->interval->high};
  decided.confidence = adaptive->interval->confidence;
  return decided;
}

}  // namespace bantam::analyze
