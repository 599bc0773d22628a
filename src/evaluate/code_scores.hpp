#pragma once
// What Python functions of a task make of answers that are stored: filters, process_results, metrics and
// aggregations, run by taskcode/run.py as lm-evaluation-harness 0.4.13 calls them. Runs in the parent, behind
// the worker, so that code can be run once for all items. Knows nothing of stores.

#include <functional>
#include <vector>

#include "base/result.hpp"
#include "evaluate/task_scores.hpp"
#include "record/record.hpp"
#include "task/task.hpp"
#include "taskcode/runner.hpp"

namespace bantam::evaluate {

// What an item gets: its metrics, and of content code_values and code_filtered (items.hpp).
using OnAddedValues = std::function<base::Status(std::vector<record::Item> additions)>;

// Loads the task's code and gives every item its values; those that have them already are left. `items` may
// hold other tasks' items too. integrity when the code is not the one that made the rows; the errors of
// task::load_code() and of `on_added`; bad_input, naming the item, when the code fails on it: an item without
// a score would count as none.
base::Status add_code_values(task::Task& task, const std::vector<record::Item>& items,
                             taskcode::Runner& runner, const OnAddedValues& on_added);

// The scores that code adds up from these values, and why there are none where values are no numbers.
// `runner` has the task's code (add_code_values()).
base::Result<CodeScores> code_scores(const task::Task& task, const std::vector<record::Item>& items,
                                     taskcode::Runner& runner);

}  // namespace bantam::evaluate
