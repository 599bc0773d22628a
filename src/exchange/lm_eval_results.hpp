#pragma once
// A configuration's accuracy records as the results JSON of lm-evaluation-harness 0.4.13: scores, settings,
// versions, tokenizer, chat template, times. Pure functions; know nothing of files.

#include <map>
#include <string>

#include "analyze/configuration.hpp"
#include "base/json.hpp"

namespace bantam::exchange {

// "2026-01-31T10-20-30.000000" of the newest exportable record's end: the date in the names of its files.
std::string newest_date(const analyze::Configuration& configuration);

// `task_hashes`: by task, lm-eval's hash of its samples. A standard error that lm-eval does not compute is
// "N/A". What is not known of the surroundings is null or left out, as lm-eval does; the tokenizer's members
// are left out when the records do not hold them. The date is the start of the first record, in seconds since
// 1970; the evaluation time is the sum over the records, to the second. Entries of records that were read
// from lm-eval's files are as they were there, and so is what is said of the run where the newest record is
// one.
base::Json results_json(const analyze::Configuration& configuration,
                        const std::map<std::string, std::string>& task_hashes);

}  // namespace bantam::exchange
