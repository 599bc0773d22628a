#pragma once
// The mean of values that come in clusters, e.g. questions of one subject, which are right or wrong together
// more often than questions of different ones. Knows nothing of what was measured.

#include <cstdint>
#include <optional>
#include <span>

#include "stats/interval.hpp"

namespace bantam::stats {

struct Cluster {
  double sum = 0.0;
  std::int64_t n = 0;
};

struct ClusteredMean {
  double mean = 0.0;        // over all values
  double std_error = 0.0;   // cluster-robust
  Interval interval;        // mean ± t(clusters - 1) × standard error
  std::optional<double> p;  // two-sided, of a mean of 0; absent when the standard error is 0
};

// Standard error of the ratio of sums: sqrt(k / (k - 1) × Σ (sum_c - mean × n_c)²) / N (Cochran 1977,
// Sampling Techniques, 6.13; with values of one size each it is the sandwich estimator CR1). Absent with
// fewer than two clusters and without values.
std::optional<ClusteredMean> clustered_mean(std::span<const Cluster> clusters, double confidence = 0.95);

}  // namespace bantam::stats
