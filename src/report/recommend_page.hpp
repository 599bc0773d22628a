#pragma once
// The answer as people read it, and as data. Prints nothing.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/analysis.hpp"
#include "recommend/recommend.hpp"
#include "table/render.hpp"

namespace bantam::report {

// The answer with its commands, the runner-up, why each other was not taken, the ladder, how sure. CSV has
// one row per configuration.
std::string recommend_page(const recommend::Recommendation& recommendation, const analyze::Analysis& analysis,
                           table::Format format, const table::TerminalStyle& style);

// The rate that any configuration has: of requests, of sequences, of llama-bench's test; that of requests
// where none has any.
std::string_view speed_metric(const analyze::Analysis& analysis);

// The answer in a few lines, for other pages to begin with.
std::vector<std::string> answer_lines(const recommend::Recommendation& recommendation,
                                      const analyze::Analysis& analysis);

// What an answer of it says, in a sentence: "Within 2.10 GiB: deploy nano int8 (quality 61.2, ...)."
std::string answer_sentence(const recommend::Answer& answer, const recommend::Recommendation& recommendation,
                            const analyze::Analysis& analysis);

// The answer without limits; absent where nothing was measured that a choice could rest on. `every_budget`:
// as in recommend::Wishes. Errors of `items` are passed on.
base::Result<std::optional<recommend::Recommendation>> default_recommendation(
    const analyze::Analysis& analysis, const analyze::ScoreSource& items, bool every_budget = false);
// Its lines; none where there is nothing to choose between.
std::vector<std::string> default_answer_lines(const std::optional<recommend::Recommendation>& recommendation,
                                              const analyze::Analysis& analysis);

}  // namespace bantam::report
