#pragma once
// What a results file of lm-evaluation-harness tells of how it was run, as the settings and facts of a
// record. What it does not tell is absent. Pure functions; know nothing of files.

#include <vector>

#include "base/json.hpp"
#include "record/sections.hpp"

namespace bantam::exchange {

// Settings that scores depend on, with the keys of our own runs: records whose settings differ are not
// compared. `tasks`: of one record.
base::Json settings_of(const base::Json& results, const std::vector<record::TaskFacts>& tasks);
// The library that computed, and lm-eval's version.
base::Json engine_of(const base::Json& results);
// The number of parameters.
base::Json model_info_of(const base::Json& results);

}  // namespace bantam::exchange
