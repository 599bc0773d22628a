#pragma once
// What lm-evaluation-harness 0.4.13 writes of a run beside the scores: settings, versions, tokenizer, chat
// template, times. Pure functions; know nothing of files.

#include <map>
#include <string>
#include <vector>

#include "analyze/configuration.hpp"
#include "base/json.hpp"

namespace bantam::exchange {

// Adds these members to the results. `records`, at least one, are the configuration's that are written; where
// one value stands for all, it is that of the record finished last. The tokenizer's members are left out when
// the records do not hold them. The date is the start of the first, in seconds since 1970; the evaluation
// time is the sum over the records, to the second.
void add_run(const analyze::Configuration& configuration, const std::vector<const record::Record*>& records,
             const std::map<std::string, std::string>& task_hashes, base::Json& json);

// A configuration's accuracy records as the results JSON of lm-evaluation-harness 0.4.13. Pure functions;
// know nothing of files.

// "2026-01-31T10-20-30.000000" of the newest exportable record's end: the date in the names of its files.
std::string date_of(const analyze::Configuration& configuration);

// `task_hashes`: by task, lm-eval's hash of its samples. A standard error that lm-eval does not compute is
// "N/A". Of the surroundings (lm_eval_run.hpp) what is not known is null or left out, as lm-eval does.
base::Json results_of(const analyze::Configuration& configuration,
                      const std::map<std::string, std::string>& task_hashes);

}  // namespace bantam::exchange
