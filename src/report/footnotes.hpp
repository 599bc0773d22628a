#pragma once
// What stands in lines around the tables: cells without a result, warnings, and how the figures were made.
// All texts that came from records have their control characters made visible. Knows nothing of terminals or
// Markdown.

#include <string>
#include <vector>

#include "analyze/analysis.hpp"

namespace bantam::report {

// "nano int8 performance: failed: SIGILL: the worker died", one line per cell that is not ok.
std::vector<std::string> problems_of(const analyze::Analysis& analysis);
// Warnings of records and notes of the analysis.
std::vector<std::string> notes_of(const analyze::Analysis& analysis);
// What was compared, on how many samples, and how the intervals are made.
std::vector<std::string> footer_of(const analyze::Analysis& analysis);

}  // namespace bantam::report
