#pragma once
// What a precision costs and brings, in one or two plain sentences per comparison: only what the intervals
// carry.

#include <string>
#include <vector>

#include "analyze/analysis.hpp"

namespace bantam::report {

// One entry per impact: "nano int4 against fp16: decodes 1.80x as fast [1.76, 1.84], ...".
std::vector<std::string> sentences_of(const analyze::Analysis& analysis);

}  // namespace bantam::report
