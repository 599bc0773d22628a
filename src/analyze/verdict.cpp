#include "analyze/verdict.hpp"

#include <algorithm>
#include <cmath>

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

Verdict compare(const record::Metric& metric, const record::Value& value, const record::Value& other) {
  if (metric.direction == record::Direction::neutral) return Verdict::undecided;
  bool lower = value.value < other.value;
  if (value.interval && other.interval) {
    if (!is_lower(value, other) && !is_lower(other, value)) return Verdict::undecided;
    lower = is_lower(value, other);
  } else if (metric.group == record::MetricGroup::model) {
    if (value.value == other.value) return Verdict::equal;
  } else if (metric.group == record::MetricGroup::memory) {
    const double larger = std::max(std::abs(value.value), std::abs(other.value));
    if (std::abs(value.value - other.value) <=
        std::max(kMemoryToleranceShare * larger, kMemoryToleranceBytes))
      return Verdict::undecided;
  } else {
    return Verdict::undecided;
  }
  const bool lower_wins = metric.direction == record::Direction::lower_is_better;
  return lower == lower_wins ? Verdict::better : Verdict::worse;
}

}  // namespace bantam::analyze
