#pragma once
// One entry of evaluation_results in the schema "every eval ever" as a score of ours. Pure functions; know
// nothing of files.

#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "record/record.hpp"

namespace bantam::exchange {

struct EveryEvalEverScore {
  std::string task;
  std::string metric;  // a name of the catalogue
  std::string filter;  // of answers, as lm-eval has them; "none" where there is none
  record::Value value;
};
// A text why the entry cannot be used, otherwise.
tl::expected<EveryEvalEverScore, std::string> score_of(const base::Json& entry);

// The members of an entry that say which score it is and what it is: evaluation_name, metric_config and
// score_details. Absent for a metric that is none of a task's.
std::optional<base::Json> entry_of(const EveryEvalEverScore& score);

}  // namespace bantam::exchange
