#pragma once
// Whether one value is better than another, as far as the measurements can tell, and what a run has decided
// about it (`bantam run --until-decided`). Knows nothing of how it was decided.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "metric/catalogue.hpp"
#include "record/record.hpp"
#include "stats/interval.hpp"

namespace bantam::analyze {

enum class Verdict {
  better,
  worse,
  equal,
  alike,  // no difference beyond a width that was asked for
  undecided
};
std::string_view name(Verdict verdict);

// A peak is a single reading of a process's memory: within this share two are not told apart.
inline constexpr double kMemoryTolerance = 0.02;

// The interval of a value; absent where it has none.
std::optional<stats::Interval> interval_of(const record::Value& value);

// Of `value` against `other`. Facts of the model file are exact. Memory peaks are single readings: within 2 %
// or 1 MiB of each other they are undecided. All else is decided only by intervals that do not overlap, so a
// value without an interval (too few samples) never decides. undecided for metrics without a direction.
Verdict compare(const metric::Metric& metric, const record::Value& value, const record::Value& other);

// How many of a task's items a staged cell used.
struct Stages {
  std::int64_t used = 0;
  std::int64_t total = 0;
  std::string stopped_because;

  bool stopped_early() const { return used < total; }
};
// Absent for a record whose items were not taken in stages.
std::optional<Stages> stages(const record::Record& record);

// Against the base precision, with the interval of the last look.
struct Decided {
  Stages stages;
  std::int64_t looks = 0;
  double width = 0.0;  // as a share
  std::string metric;
  std::string base_precision;
  std::string verdict;  // better, worse, alike, undecided
  double difference = 0.0;
  stats::Interval interval;
  double confidence = 0.0;  // of the interval
};
// Absent also for the base precision, and where no pair of items had a score.
std::optional<Decided> decision(const record::Record& record);

}  // namespace bantam::analyze
