#pragma once
// A configuration's accuracy records as the results JSON of lm-evaluation-harness 0.4.13. Pure functions;
// know nothing of files.

#include <map>
#include <string>

#include "analyze/configuration.hpp"
#include "base/json.hpp"

namespace bantam::exchange {

// "2026-01-31T10-20-30.000000" of the newest exportable record's end: the date in the names of its files.
std::string date_of(const analyze::Configuration& configuration);

// `task_hashes`: by task, lm-eval's hash of its samples. A standard error that lm-eval does not compute is
// "N/A". Of the surroundings (lm_eval_run.hpp) what is not known is null or left out, as lm-eval does.
base::Json results_of(const analyze::Configuration& configuration,
                      const std::map<std::string, std::string>& task_hashes);

}  // namespace bantam::exchange
