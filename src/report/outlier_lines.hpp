#pragma once
// Outliers among the runs of speed measurements, as lines under "How sure".

#include <string>
#include <vector>

#include "analyze/analysis.hpp"

namespace bantam::report {

// One line per scenario that has outliers, over all configurations.
std::vector<std::string> outlier_lines(const analyze::Analysis& analysis);

}  // namespace bantam::report
