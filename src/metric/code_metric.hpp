#pragma once
// Metrics whose values code of a task gives.

#include <string_view>

#include "metric/task_metric.hpp"

namespace bantam::metric {

// Code of the task adds up its items: nothing here does.
namespace aggregations {
extern const Aggregation python;
}

// The metric that task files call so; for a name that is none of ours one of its own, without a row in the
// catalogue, made at its first use and kept as long as the process.
const TaskMetric& code_metric(std::string_view name);

// How a score is shown: the catalogue's row of its key, or a plain one that bears its name.
const Metric& shown_score(std::string_view key);

}  // namespace bantam::metric
