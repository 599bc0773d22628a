#pragma once
// The answer as people read it, and as data. Prints nothing.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/analysis.hpp"
#include "recommend/recommend.hpp"
#include "report/recommend_lines.hpp"
#include "table/render.hpp"

namespace bantam::report {

// The answer with its commands, the runner-up, why each other was not taken, the ladder, how sure. CSV has
// one row per configuration. What is predicted is marked by "≈". `store`: that commands of runs name; empty:
// the default one.
std::string recommend_page(const recommend::Recommendation& recommendation, const analyze::Analysis& analysis,
                           table::Format format, const table::TerminalStyle& style,
                           const std::string& store = {});

// The answer without limits; absent where nothing was measured that a choice could rest on. `every_budget`:
// as in recommend::Wishes. Errors of `items` are passed on.
base::Result<std::optional<recommend::Recommendation>> default_recommendation(
    const analyze::Analysis& analysis, const analyze::ScoreSource& items, bool every_budget = false);
// Its lines; none where there is nothing to choose between.
std::vector<std::string> default_answer_lines(const std::optional<recommend::Recommendation>& recommendation,
                                              const analyze::Analysis& analysis);

}  // namespace bantam::report
