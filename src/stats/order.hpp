#pragma once
// Medians and percentiles with what can honestly be said of them at a given number of samples. Samples need
// not be sorted; all are finite. Knows nothing of what was measured.

#include <cstdint>
#include <optional>
#include <span>

#include "stats/interval.hpp"

namespace bantam::stats {

// The middle sample, or the mean of the middle two. Absent without samples.
std::optional<double> median(std::span<const double> samples);

struct MedianInterval {
  Interval interval;
  std::int64_t low_rank = 0;  // 1-based rank of the sample that is the lower limit
  std::int64_t high_rank = 0;
  double coverage = 0.0;  // exact probability to cover the true median; at least the confidence asked for
};

// The narrowest symmetric pair of order statistics that covers the median with at least `confidence`,
// whatever the distribution (coverage from Binomial(n, 1/2)). Absent when even the extremes do not: n < 6 at
// 95 %.
std::optional<MedianInterval> median_interval(std::span<const double> samples, double confidence = 0.95);

// Linear interpolation between the closest ranks (NumPy's default). `fraction` in [0, 1]. Absent without
// samples.
std::optional<double> percentile(std::span<const double> samples, double fraction);

// The least number of samples with which a percentile may be reported: one sample above it is allowed, and it
// must hold with 99 % confidence (MLPerf LoadGen's early stopping with one over-latency query): p50 11, p90
// 64, p95 130, p99 662. `fraction` in (0, 1).
std::int64_t percentile_floor(double fraction);

// percentile(), absent below percentile_floor().
std::optional<double> supported_percentile(std::span<const double> samples, double fraction);

}  // namespace bantam::stats
