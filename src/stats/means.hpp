#pragma once
// Means, their spread, and how sure one is of them: of samples, of values that come in clusters, and by the
// bootstrap. Knows nothing of what was measured.

#include <cstdint>
#include <optional>
#include <span>

#include "stats/interval.hpp"

namespace bantam::stats {

// Absent without samples.
std::optional<double> mean(std::span<const double> samples);
// With n - 1 in the denominator. Absent with fewer than two samples.
std::optional<double> sample_sd(std::span<const double> samples);
// sample_sd / sqrt(n), the standard error of the mean. Absent with fewer than two samples.
std::optional<double> standard_error(std::span<const double> samples);

// mean ± t(n - 1, (1 + confidence) / 2) × standard error: Student's interval. For samples that are means of
// clusters of equal size it is the cluster-robust interval of the overall mean. Absent with fewer than two
// samples.
std::optional<Interval> mean_interval(std::span<const double> samples, double confidence = 0.95);

// Values that come together, e.g. questions of one subject, which are right or wrong together more often than
// questions of different ones.
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

// Between the quantiles (1 - confidence) / 2 and (1 + confidence) / 2 of estimates that the caller made of
// resampled data, interpolated linearly (Efron 1979). Absent without estimates. The standard error is their
// sample_sd().
std::optional<Interval> bootstrap_interval(std::span<const double> estimates, double confidence = 0.95);

}  // namespace bantam::stats
