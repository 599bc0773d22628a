#pragma once
// Mean and spread. Knows nothing of what was measured.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "stats/interval.hpp"

namespace bantam::stats {

// Absent without samples.
std::optional<double> mean(std::span<const double> samples);
// With n - 1 in the denominator. Absent with fewer than two samples.
std::optional<double> sample_sd(std::span<const double> samples);
// With n in the denominator. Absent without samples.
std::optional<double> population_sd(std::span<const double> samples);
// sample_sd / sqrt(n), the standard error of the mean. Absent with fewer than two samples.
std::optional<double> standard_error(std::span<const double> samples);

// exp of the mean logarithm. Absent without samples and when one is not positive.
std::optional<double> geometric_mean(std::span<const double> samples);

// The interval of a mean. Knows nothing of what was measured.

// mean ± t(n - 1, (1 + confidence) / 2) × standard error: Student's interval. For samples that are means of
// clusters of equal size it is the cluster-robust interval of the overall mean. Absent with fewer than two
// samples.
std::optional<Interval> mean_interval(std::span<const double> samples, double confidence = 0.95);

// The mean of values that come in clusters, e.g. questions of one subject, which are right or wrong together
// more often than questions of different ones. Knows nothing of what was measured.

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

// The bootstrap of a mean, from resamples that the caller draws. Knows nothing of random numbers.

// Positions in the samples, as many as there are samples.
using Resample = std::vector<std::size_t>;

// The mean of each resample. There is at least one sample.
std::vector<double> resampled_means(std::span<const double> samples, std::span<const Resample> resamples);

// Between the quantiles (1 - confidence) / 2 and (1 + confidence) / 2 of the resampled estimates,
// interpolated linearly (Efron 1979). Absent without estimates. The standard error is their sample_sd().
std::optional<Interval> bootstrap_interval(std::span<const double> estimates, double confidence = 0.95);

}  // namespace bantam::stats
