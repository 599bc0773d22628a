#pragma once
// metric_list and filter_list of a task file: which metrics of metric/task_metric.hpp the task is scored by,
// how they add up, and what of an answer they see.

#include "task/task.hpp"
#include "task/task_reader.hpp"

namespace bantam::task {

// metric_list, or the output type's default one. Problems go to the reader.
void read_metrics(TaskReader& reader, Task& task);
void read_filters(TaskReader& reader, Task& task);

// Whether a step of a filter is code of the task.
bool is_code_step(const base::Json& step);

// The aggregations that a task file may name for a metric; empty when the task's output type or its
// process_results does not give it.
std::span<const metric::Aggregation* const> fitting_aggregations(const Task& task,
                                                                 const metric::TaskMetric& metric);

// What lm-eval 0.4.13 adds up a metric by where the file names nothing; empty: it knows no such metric.
std::string_view default_aggregation(const metric::TaskMetric& metric);

}  // namespace bantam::task
