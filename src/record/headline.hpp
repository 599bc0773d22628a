#pragma once
// Which of a task's metrics stands for it where one figure is shown or compared.

#include <set>
#include <string>

namespace bantam::record {

// acc_norm before acc, then exact_match, f1, mcc, perplexities; of several filters of one metric a strict
// one. `keys`: metric names, with ",filter" where a task has several filters; those that the catalogue does
// not list as scores do not count. "acc" when none is left.
std::string headline_metric(const std::set<std::string>& keys);

// Whether the catalogue lists the key's metric as a score of a task.
bool is_score(const std::string& key);

}  // namespace bantam::record
