#pragma once
// Mean and spread. Knows nothing of what was measured.

#include <optional>
#include <span>

namespace bantam::stats {

// Absent without samples.
std::optional<double> mean(std::span<const double> samples);
// With n - 1 in the denominator. Absent with fewer than two samples.
std::optional<double> sample_sd(std::span<const double> samples);
// sample_sd / sqrt(n), the standard error of the mean. Absent with fewer than two samples.
std::optional<double> standard_error(std::span<const double> samples);

}  // namespace bantam::stats
