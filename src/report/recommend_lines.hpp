#pragma once
// What an answer says, as sentences and as the texts that tables hold. What is predicted is marked by "≈".
// Prints nothing.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/analysis.hpp"
#include "recommend/recommend.hpp"
#include "record/sections.hpp"

namespace bantam::report {

// The rate that any configuration has: of requests, of sequences, of llama-bench's test; that of requests
// where none has any.
std::string_view speed_metric(const analyze::Analysis& analysis);
// "Decode tok/s".
std::string speed_head(const analyze::Analysis& analysis);

// Of one configuration, by its place: "nano int4", "61.2", "≈4.91 GiB", "≈8.10 ±25 %"; a dash where
// there is no value.
std::string named(const analyze::Analysis& analysis, std::size_t index);
std::string quality_text(const recommend::Recommendation& recommendation, std::size_t index);
std::string need_text(const recommend::Recommendation& recommendation, std::size_t index);
std::string figure_text(const analyze::Analysis& analysis, std::size_t index, std::string_view metric);
// How its quality came about: the weakest of its tasks.
record::Evidence quality_evidence(const recommend::Recommendation& recommendation,
                                  const analyze::Analysis& analysis, std::size_t index);

// "nano int8", "nano int8 or nano int4 (undecided)", "none".
std::string choice_text(const recommend::Answer& answer, const analyze::Analysis& analysis);

// The answer in a few lines, for other pages to begin with.
std::vector<std::string> answer_lines(const recommend::Recommendation& recommendation,
                                      const analyze::Analysis& analysis);

// What an answer of it says, in a sentence: "Within 2.10 GiB: deploy nano int8 (quality 61.2, ...)."
std::string answer_sentence(const recommend::Answer& answer, const recommend::Recommendation& recommendation,
                            const analyze::Analysis& analysis);

// "Small at high precision or large at low precision? ..."; absent where no budget has both.
std::optional<std::string> small_or_large_line(const recommend::Recommendation& recommendation,
                                               const analyze::Analysis& analysis);

// The line of a shell that makes the answer's next measurement; absent where there is none. `store`: that it
// names; empty: the default one.
std::optional<std::string> next_command(const recommend::Recommendation& recommendation,
                                        const analyze::Analysis& analysis, const std::string& store);

}  // namespace bantam::report
