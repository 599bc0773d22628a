#pragma once
// What `bantam tasks list` shows. Prints nothing.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "table/render.hpp"
#include "task/library.hpp"

namespace bantam::report {

struct TaskRow {
  task::Entry entry;
  std::optional<task::Selection> selection;  // absent when the task cannot be used
  std::string fault;                         // why
  std::string hint = {};                     // what would help; may be empty
};

// By name. Without `all`, tasks that stand in a group are left out.
std::vector<TaskRow> task_rows(const task::TaskLibrary& library, bool all);

// `all`: as for task_rows(); the page says what was left out. `embedded`: the folder of the task files inside
// this program, which JSON does not name. There is no CSV of it.
std::string task_list_page(const std::vector<TaskRow>& rows, bool all, const std::filesystem::path& embedded,
                           table::Format format, const table::TerminalStyle& style);

}  // namespace bantam::report
