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

}  // namespace bantam::exchange
