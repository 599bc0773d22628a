#pragma once
// The rows of a task whose Python functions have to be run before anything can be asked: made once by
// taskcode/run.py and kept in the cache folder, by the code and the data that they are made of. A worker
// then reads them like any data.

#include <filesystem>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "task/task.hpp"
#include "taskcode/runner.hpp"

namespace bantam::task {

// Loads the code into the runner, so that it can be asked about the task. Sets TaskCode::sha256. The errors
// of taskcode::Runner::ask().
base::Status load_code(Task& task, taskcode::Runner& runner);

// Loads the code, and makes the rows where it is asked for some; those of examples only `with_fewshot`. Sets
// TaskCode::docs and examples. The data has to be here. bad_input when no row is left; storage when the cache
// folder cannot be written; the errors of files_of_split() and of Runner::ask().
base::Status run_code_of_rows(Task& task, bool with_fewshot, taskcode::Runner& runner);

struct MadeRows {
  std::vector<base::Json> docs;
  std::vector<base::Json> made;     // TaskRows::made
  std::vector<base::Json> as_sent;  // each doc in the protocol's own form
};
// The rows in such a file. environment when it is not there: the code has not been run.
base::Result<MadeRows> made_rows(const Task& task, const std::filesystem::path& file);

}  // namespace bantam::task
