#pragma once
// The metric by which a task's precisions are compared item by item while it runs. Reads task files only.

#include <string>

#include "base/result.hpp"
#include "task/library.hpp"

namespace bantam::evaluate {

// The key, in Item::metrics, of the metric that stands for the task or group (metric/catalogue.hpp). usage,
// with the reason, when that metric is not 0 or 1 on every item, or when the group has no score of its own.
base::Result<std::string> judged_metric(const task::Selection& selection);

}  // namespace bantam::evaluate
