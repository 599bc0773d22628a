#include "run/task_files.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <system_error>

#include "base/text.hpp"
#include "task/library.hpp"

namespace bantam::run {
namespace {

namespace fs = std::filesystem;
using base::ErrorKind;
using base::Result;

bool is_task_file(const std::string& name) {
  const std::string lower = base::ascii_lower(name);
  std::error_code ignored;
  return (lower.ends_with(".yaml") || lower.ends_with(".yml")) && fs::is_regular_file(name, ignored);
}

struct Named {
  std::string name;
  bool is_group = false;
};

Result<Named> name_in(const fs::path& file) {
  TRY_ASSIGN(const task::TaskFile read, task::read_task_file(file));
  const auto task = base::string_at(read.config, "task");
  const auto group = base::string_at(read.config, "group");
  // As the library tells them apart.
  if (task && (!group || read.config.contains("doc_to_target"))) return Named{*task, false};
  if (group && read.config.contains("task")) return Named{*group, true};
  return base::fail(ErrorKind::bad_input, fmt::format("{}: defines no task", base::printable(file.string())),
                    "a task file gives its name behind task:, a group behind group: with a list of tasks");
}

}  // namespace

base::Status name_task_files(std::vector<std::string>& tasks, std::vector<fs::path>& folders) {
  for (std::string& task : tasks) {
    if (!is_task_file(task)) continue;
    const fs::path file(task);
    TRY_ASSIGN(const Named named, name_in(file));
    task = named.name;
    fs::path place = file;
    if (named.is_group) place = file.has_parent_path() ? file.parent_path() : fs::path(".");
    if (std::ranges::find(folders, place) == folders.end()) folders.insert(folders.begin(), place);
  }
  return {};
}

}  // namespace bantam::run
