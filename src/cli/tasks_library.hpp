#pragma once
// The task files that the subcommands of `bantam tasks` look into.

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "task/library.hpp"

namespace bantam::cli {

struct OpenedTasks {
  task::TaskLibrary library;
  std::filesystem::path embedded;  // where the files inside this program were unpacked
};

// The folders, then the files inside this program.
base::Result<OpenedTasks> open_tasks(const std::vector<std::string>& include_paths);

// Where a task file lies: its path, or "in this program".
std::string origin_of(const std::filesystem::path& file, const std::filesystem::path& embedded);

}  // namespace bantam::cli
