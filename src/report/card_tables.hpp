#pragma once
// The tables of a model card: what each precision of one model costs, how well it answers and what it is for.
// Prints nothing.

#include <optional>
#include <string>
#include <vector>

#include "analyze/analysis.hpp"
#include "recommend/recommend.hpp"
#include "table/table.hpp"

namespace bantam::report {

// A row per precision: file type, size, bits per weight, scores, damage, speed, memory need and what it is
// recommended for. Marked is only a best that the intervals tell apart. A value that is absent is a dash with
// the number of a note below that says why; a column without any value is a note. More than six tasks are a
// table of their own, with a row per task. `recommendation` with every budget (default_recommendation());
// without one nothing is recommended.
std::vector<table::Table> card_tables(const analyze::Analysis& analysis,
                                      const std::optional<recommend::Recommendation>& recommendation);

}  // namespace bantam::report
