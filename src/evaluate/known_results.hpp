#pragma once
// Scores of answers by the process_results functions of lm-eval's own tasks (task/known_functions.hpp has
// their names). Pure functions.

#include <span>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "evaluate/answer_scores.hpp"
#include "task/known_functions.hpp"

namespace bantam::evaluate {

// Of a generated answer; `row` is the item's row. All values are 0..1, also SQuAD 2.0's, which lm-eval gives
// in percent; truthfulqa's are 0..100 as there. bad_input, naming the column, when the row lacks one.
base::Result<AnswerScores> known_results(task::KnownFunction function, const base::Json& row,
                                         const std::string& answer);

// truthfulqa's mc2: the share of probability on the right ones of the choices. `log_likelihoods`: one a
// choice. bad_input when mc2_targets.labels is missing or of another length.
base::Result<double> right_probability(const base::Json& row, std::span<const double> log_likelihoods);

}  // namespace bantam::evaluate
