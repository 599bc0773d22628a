#include "analyze/verdict.hpp"

#include <algorithm>
#include <cmath>

#include "base/json.hpp"

namespace bantam::analyze {
namespace {

// Peaks closer than the larger of these are not told apart: a process's own memory varies from run to run.
constexpr double kMemoryToleranceShare = 0.02;
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
  return "undecided";
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
        std::max(kMemoryToleranceShare * larger, kMemoryToleranceBytes))
      return Verdict::undecided;
  } else {
    return Verdict::undecided;
  }
  const bool lower_wins = metric.direction == metric::Direction::lower_is_better;
  return lower == lower_wins ? Verdict::better : Verdict::worse;
}

namespace {

using base::Json;

const Json& adaptive_of(const record::Record& record) {
  return base::child_at(record.task_info, "adaptive");
}

}  // namespace

std::optional<Stages> stages_of(const record::Record& record) {
  const Json& adaptive = adaptive_of(record);
  const auto used = base::integer_at(adaptive, "n_used");
  const auto total = base::integer_at(adaptive, "n_total");
  if (!used || !total) return std::nullopt;
  return Stages{*used, *total, base::string_at(adaptive, "stopped_because").value_or("")};
}

std::optional<Decided> decided_of(const record::Record& record) {
  const auto stages = stages_of(record);
  const Json& adaptive = adaptive_of(record);
  const Json& interval = base::child_at(adaptive, "interval");
  const auto difference = base::number_at(adaptive, "difference");
  const auto low = base::number_at(interval, "low");
  const auto high = base::number_at(interval, "high");
  if (!stages || !difference || !low || !high) return std::nullopt;
  Decided decided;
  decided.stages = *stages;
  decided.looks = static_cast<std::int64_t>(base::child_at(adaptive, "looks").size());
  decided.width = base::number_at(adaptive, "width").value_or(0.0);
  decided.metric = base::string_at(adaptive, "metric").value_or("");
  decided.base_precision = base::string_at(record.settings, "base_precision").value_or("");
  decided.verdict = base::string_at(adaptive, "verdict").value_or("undecided");
  decided.difference = *difference;
  decided.interval = {*low, *high};
  decided.confidence = base::number_at(interval, "confidence").value_or(0.0);
  return decided;
}

}  // namespace bantam::analyze
