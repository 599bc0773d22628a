#pragma once
// What stands in lines around the tables of an analysis: cells without a result, warnings, how the figures
// were made, and what follows from them.

#include <string>
#include <vector>

#include "analyze/analysis.hpp"

namespace bantam::report {

// "nano int8 performance: failed: SIGILL: the worker died", one line per cell that is not ok.
std::vector<std::string> problem_lines(const analyze::Analysis& analysis);
// Notes of the analysis and warnings of records.
std::vector<std::string> note_lines(const analyze::Analysis& analysis);
// What was compared, on how many samples, and how the intervals are made. Scores that an encoder computed
// stand with its name.
std::vector<std::string> method_lines(const analyze::Analysis& analysis);
// What a precision costs and brings, in one or two plain sentences per impact: only what the intervals carry.
// "nano int4 against fp16: decode speed 1.80x [1.76, 1.84], file size 0.25x. Scores: ..."
std::vector<std::string> summary_sentences(const analyze::Analysis& analysis);

}  // namespace bantam::report
