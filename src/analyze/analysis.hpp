#pragma once
// Records in, everything that tables and files show out. Pure: the same records give the same analysis. Knows
// nothing of the store or of formats.

#include <string>
#include <vector>

#include "analyze/configuration.hpp"
#include "analyze/impact.hpp"
#include "analyze/winners.hpp"

namespace bantam::analyze {

struct Analysis {
  std::vector<Configuration> configurations;
  std::vector<ScoreColumn> columns;        // one per task: what is compared
  std::vector<ScoreColumn> asked_columns;  // every score that a task asks for, what is compared first
  std::vector<Impact> impacts;
  std::vector<Winner> winners;
  std::vector<std::string> notes;  // what a reader of the tables has to know
};

// `base_precision` may be empty: then each model's precision with the most bits. Without `items` scores are
// compared unpaired. Fails only when `items` does.
base::Result<Analysis> analyze(const std::vector<record::Record>& records, const ScoreSource& items = {},
                               const std::string& base_precision = {});

}  // namespace bantam::analyze
