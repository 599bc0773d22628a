#pragma once
// A configuration's accuracy records as the results JSON of lm-evaluation-harness 0.4.13. Pure functions;
// know nothing of files.

#include <map>
#include <string>

#include "analyze/configuration.hpp"
#include "base/json.hpp"

namespace bantam::exchange {

// Whether the record holds scores of tasks that can be written.
bool is_exportable(const record::Record& record);

// "2026-01-31T10-20-30.000000" of the newest exportable record's end: the date in lm-eval's file names.
std::string date_of(const analyze::Configuration& configuration);

// lm-eval's model_name: "MODEL/PRECISION"; sanitized as a folder's name.
std::string model_name_of(const analyze::Configuration& configuration);
std::string sanitized(const std::string& model_name);

// `task_hashes`: by task, lm-eval's hash of its samples. What lm-eval knows and we do not (its own git hash,
// the torch seeds) is null. A standard error that lm-eval does not compute is "N/A".
base::Json results_of(const analyze::Configuration& configuration,
                      const std::map<std::string, std::string>& task_hashes);

}  // namespace bantam::exchange
