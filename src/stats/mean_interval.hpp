#pragma once
// The interval of a mean. Knows nothing of what was measured.

#include <optional>
#include <span>

#include "stats/interval.hpp"

namespace bantam::stats {

// mean ± t(n - 1, (1 + confidence) / 2) × standard error: Student's interval. For samples that are means of
// clusters of equal size it is the cluster-robust interval of the overall mean. Absent with fewer than two
// samples.
std::optional<Interval> mean_interval(std::span<const double> samples, double confidence = 0.95);

}  // namespace bantam::stats
