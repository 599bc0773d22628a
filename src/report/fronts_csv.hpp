#pragma once
// Fronts as a table for spreadsheets and programs. Prints nothing.

#include <string>
#include <vector>

#include "analyze/analysis.hpp"
#include "recommend/fronts.hpp"

namespace bantam::report {

// One row per front and configuration: whether it is on the front, dominated (and by which), or has no value;
// and the weakest evidence of its values.
std::string fronts_csv(const std::vector<recommend::Front>& fronts, const analyze::Analysis& analysis);

}  // namespace bantam::report
