#pragma once
// Which of a task file's Python functions are left to taskcode/run.py. Runs nothing.

#include <optional>
#include <string_view>

#include "task/task.hpp"
#include "task/task_reader.hpp"

namespace bantam::task {

// What of the file has no counterpart here and has to be run, where that is allowed.
CodeUse code_use(const TaskFile& file);

// What the runner has to load for a checked task; absent when it needs no code.
std::optional<TaskCode> code_of(const TaskReader& reader, const Task& task);

// The function of lm-eval that adds up values given by code, by the name of an aggregation in task files;
// empty for one that is computed here and for one that is not known.
std::string_view code_aggregation(std::string_view name);

}  // namespace bantam::task
