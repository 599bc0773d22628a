#pragma once
// From the scores of tasks to those of their group, with standard errors as lm-evaluation-harness gives them.
// Pure functions. Know nothing of task files or items.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "record/record.hpp"

namespace bantam::metric {

// The same metric of several tasks; none is null.
using TaskValues = std::vector<const record::Value*>;

// Its mean over all items or, without `weight_by_size`, over tasks, each counting the same. Shares whose
// items count the same get Wilson's interval. Absent without tasks, and where a size is needed and none is
// known.
std::optional<record::Value> group_value(const TaskValues& values, bool weight_by_size);

// The averages of shares that have a name of their own: "acc_micro", over all items with an error clustered
// by task, and "acc_macro", over tasks. `key` is that of the tasks, "acc" or "acc,filter". Empty for a single
// task, and for metrics that have none.
std::map<std::string, record::Value> group_averages(const std::string& key, const TaskValues& values);

// The key of the tasks' metric that an average is of: "acc,filter" for "acc_macro,filter". Empty for other
// keys.
std::string averaged_key(const std::string& key);

}  // namespace bantam::metric
