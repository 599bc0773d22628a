#pragma once
// Where a symmetric distribution lies, by ranks: a few samples far from the rest hardly move it. Knows
// nothing of what was measured.

#include <optional>
#include <span>

#include "stats/interval.hpp"

namespace bantam::stats {

struct Location {
  double middle = 0.0;    // the median of all means of two samples, each with itself too (Hodges and Lehmann)
  Interval interval;      // between two such means: what Wilcoxon's signed-rank test does not reject
  double coverage = 0.0;  // of the interval; at least the confidence asked for, exact for up to 60 samples
};

// Hodges and Lehmann 1963, Annals of Mathematical Statistics 34. The samples are independent, each symmetric
// around the same middle. Absent where even the extremes do not cover enough: fewer than 6 at 95 %, 7 at 97
// %. Takes n² / 2 numbers of memory.
std::optional<Location> signed_rank_location(std::span<const double> samples, double confidence);

}  // namespace bantam::stats
