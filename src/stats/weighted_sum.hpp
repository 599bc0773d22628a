#pragma once
// How sure one is of a sum of independent estimates, and of each of many comparisons taken together. Knows
// nothing of what was estimated.

#include <cstdint>
#include <span>

#include "stats/interval.hpp"

namespace bantam::stats {

struct Term {
  double weight = 1.0;  // may be negative
  double value = 0.0;
  Interval interval;  // 95 %, around the value
};

struct Sum {
  double value = 0.0;
  Interval interval;  // 95 %
};

// Sum of weight × value with the interval that follows from those of the terms by the method of variance
// estimates recovery (Zou and Donner 2008, Statistics in Medicine 27): distances to the limits, squared and
// added, side by side. Sides may be of unlike length.
Sum weighted_sum(std::span<const Term> terms);

// The interval of one of `comparisons` that hold together at 95 %: both sides are longer by the ratio of the
// normal quantiles at 0.05 / comparisons and 0.05 (Bonferroni). At least one comparison.
Interval simultaneous(const Interval& interval, double value, std::int64_t comparisons);

}  // namespace bantam::stats
