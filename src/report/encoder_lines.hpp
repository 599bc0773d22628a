#pragma once
// Scores that an encoder computed mean nothing without its name: one line for each way in which they came
// about.

#include <string>
#include <vector>

#include "analyze/analysis.hpp"

namespace bantam::report {

// "BERTScore of dialogsum: bertscore_all-MiniLM-L6-v2_L6, not rescaled." Empty where no record has such
// scores.
std::vector<std::string> encoder_lines(const analyze::Analysis& analysis);

}  // namespace bantam::report
