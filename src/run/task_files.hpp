#pragma once
// Tasks that are named by their files.

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace bantam::run {

// Puts a task's or group's name in the place of each file (*.yaml, *.yml) among `tasks`. The file comes first
// among `folders`; of a group its folder, where the tasks are that it names. bad_input when the file cannot
// be read or defines no task.
base::Status name_task_files(std::vector<std::string>& tasks, std::vector<std::filesystem::path>& folders);

}  // namespace bantam::run
