#pragma once
// Many tests at once. Knows nothing of what was tested.

#include <span>
#include <vector>

namespace bantam::stats {

// Holm's step-down adjusted p-values, in the order given: compare each with the family-wise level.
std::vector<double> holm_adjusted(std::span<const double> p_values);

}  // namespace bantam::stats
