#pragma once
// Mean and spread. Knows nothing of what was measured.

#include <optional>
#include <span>

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

}  // namespace bantam::stats
