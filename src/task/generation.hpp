#pragma once
// generation_kwargs and repeats of a task file: when an answer ends, and how its tokens are chosen.

#include "task/task.hpp"
#include "task/task_reader.hpp"

namespace bantam::task {

// Needs the task's fewshot_delimiter and output type. Problems go to the reader.
void read_generation(TaskReader& reader, Task& task);

}  // namespace bantam::task
