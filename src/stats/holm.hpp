#pragma once
// Many tests at once. Knows nothing of what was tested.

#include <span>
#include <vector>

namespace bantam::stats {

// Holm's step-down adjusted p-values, in the order given: compare each with the family-wise level.
std::vector<double> holm_adjusted(std::span<const double> p_values);

// Benjamini and Hochberg 1995: compare each with the share of false discoveries that is allowed. In the order
// given.
std::vector<double> benjamini_hochberg_adjusted(std::span<const double> p_values);

}  // namespace bantam::stats
