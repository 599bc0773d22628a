#pragma once
// The bootstrap of a mean, from resamples that the caller draws. Knows nothing of random numbers.

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "stats/interval.hpp"

namespace bantam::stats {

// Positions in the samples, as many as there are samples.
using Resample = std::vector<std::size_t>;

// The mean of each resample. There is at least one sample.
std::vector<double> resampled_means(std::span<const double> samples, std::span<const Resample> resamples);

// Between the quantiles (1 - confidence) / 2 and (1 + confidence) / 2 of the resampled estimates,
// interpolated linearly (Efron 1979). Absent without estimates. The standard error is their sample_sd().
std::optional<Interval> bootstrap_interval(std::span<const double> estimates, double confidence = 0.95);

}  // namespace bantam::stats
