#pragma once
// A figure of one configuration as a multiple of another's, and whether that is a difference at all. Speeds
// are compared by blocks that were measured side by side; what one process measured after another's says
// little about either.

#include <cstdint>
#include <optional>
#include <string>

#include "analyze/configuration.hpp"
#include "analyze/verdict.hpp"
#include "metric/catalogue.hpp"
#include "stats/interval.hpp"

namespace bantam::analyze {

struct Change {
  double ratio = 0.0;                       // this / base
  std::optional<stats::Interval> interval;  // of the ratio, 95 %
  std::int64_t rounds = 0;                  // in which both were measured; 0: not measured side by side
  Verdict verdict = Verdict::undecided;     // of this against the base
  std::optional<std::string> doubt;         // why nothing is decided about a speed; absent where it is
  bool is_predicted = false;  // one of both is: the interval is what is expected at most, not one of samples

  // How many times as good: the ratio, or its inverse where lower is better. Speed-up for times and rates.
  double factor(const metric::Metric& metric) const;
  std::optional<stats::Interval> factor_interval(const metric::Metric& metric) const;
};

// What speeds that were measured apart, in no common round, may differ by without any difference between the
// two: their intervals are widened by this share on both sides. Equal cells measured minutes apart differed
// by up to 6 %.
inline constexpr double kApartAllowance = 0.10;

// Absent where one has no value, or one is 0. Speeds: from blocks of common rounds, paired
// (stats::paired_ratio, stats::is_apart); without common rounds from both intervals, widened. Without blocks
// nothing is decided. All else: compare() of the values. Of what is predicted, the ratio may lie wherever the
// two intervals together allow it to.
std::optional<Change> find_change(const metric::Metric& metric, const Configuration& configuration,
                                  const Configuration& baseline);

}  // namespace bantam::analyze
