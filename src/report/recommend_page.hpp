#pragma once
// The answer as people read it, and as data. Prints nothing.

#include <string>
#include <vector>

#include "analyze/analysis.hpp"
#include "recommend/recommend.hpp"
#include "table/render.hpp"

namespace bantam::report {

// The answer with its commands, the runner-up, why each other was not taken, the ladder, how sure. CSV has
// one row per configuration.
std::string recommend_page(const recommend::Recommendation& recommendation, const analyze::Analysis& analysis,
                           table::Format format, const table::TerminalStyle& style);

// The answer in a few lines, for other pages to begin with.
std::vector<std::string> answer_lines(const recommend::Recommendation& recommendation,
                                      const analyze::Analysis& analysis);

// Those of the answer without limits; none where there is nothing to choose between. Errors of `items` are
// passed on.
base::Result<std::vector<std::string>> default_answer_lines(const analyze::Analysis& analysis,
                                                            const analyze::ItemSource& items);

}  // namespace bantam::report
