#pragma once
// An interval of uncertainty and its arithmetic. Knows nothing of where its limits come from.

#include <optional>

namespace bantam::stats {

struct Interval {
  double low = 0.0;
  double high = 0.0;
};

// All values of a - b, or a / b, with a and b anywhere in their intervals. When each interval covers its true
// value with confidence c, the result covers the true difference or ratio with at least 2c - 1 however the
// two depend on each other (Bonferroni); for independent samples of like width it covers far more than c, as
// both would have to miss on opposite sides. Conservative, free of assumptions about the distribution.
Interval difference(const Interval& a, const Interval& b);
// Absent unless all limits are positive.
std::optional<Interval> ratio(const Interval& a, const Interval& b);

}  // namespace bantam::stats
