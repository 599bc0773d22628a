#pragma once
// Looking for everything that is wrong with task files before they run, with their rows and the prompts made
// of them. Uses no network and no model.

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "task/task.hpp"

namespace bantam::evaluate {

struct Finding {
  std::string message;  // begins with the place: file and line, or the task's name
  std::string hint;
};

struct DataFindings {
  std::vector<Finding> problems;  // the task cannot run; of faulty items the first 20
  std::vector<Finding> warnings;  // it can, but look at this
  std::size_t items = 0;          // 0 when the data is not here
};

// Every item's prompt is made once, with the task's own number of examples, and once without any: equal
// prompts of all items are a problem. Warns of columns in single braces, of items with one choice (always
// right), with equal choices (the first one wins), of items among the rows that examples are drawn from, and
// of data that is not on this machine.
DataFindings check_data(const task::Task& task);

struct Validation {
  std::vector<Finding> problems;  // each message once
  std::vector<Finding> warnings;
  std::size_t tasks = 0;
  std::size_t items = 0;

  bool is_valid() const { return problems.empty(); }
};

// `what`: a task file, a folder of them (each with its folder's other files at hand), or the name of a task,
// group or tag. `allow_code`: Python functions that the files name are run on the rows that are here. usage
// for a name that nothing has and an include path that is no folder.
base::Result<Validation> validate(const std::string& what,
                                  const std::vector<std::filesystem::path>& include_paths,
                                  bool allow_code = false);

}  // namespace bantam::evaluate
