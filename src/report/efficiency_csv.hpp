#pragma once
// What configurations give for what they take, and their ranks by task, as tables for spreadsheets and
// programs. Prints nothing.

#include <optional>
#include <string>
#include <vector>

#include "analyze/analysis.hpp"
#include "recommend/efficiency.hpp"
#include "recommend/task_ranks.hpp"

namespace bantam::report {

// One row per configuration: efficiency.csv. Columns of the price only where there is one.
std::string efficiency_csv(const recommend::Efficiencies& efficiencies, const analyze::Analysis& analysis,
                           const recommend::Recommendation& recommendation);

// One row per configuration that has all scores: rank_consistency.csv.
std::string ranks_csv(const std::optional<recommend::TaskRanks>& ranks, const analyze::Analysis& analysis);
// One row per two tasks: task_agreement.csv.
std::string agreement_csv(const std::optional<recommend::TaskRanks>& ranks);

// How far tasks agree on the order of the configurations, in a sentence or two; none without ranks.
std::vector<std::string> rank_sentences(const std::optional<recommend::TaskRanks>& ranks);

}  // namespace bantam::report
