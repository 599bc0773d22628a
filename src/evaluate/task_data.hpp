#pragma once
// A task's data on this machine: which files hold the rows of a split, and what identifies them. Uses no
// network; evaluate/fetch_data.hpp does.

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "evaluate/task.hpp"

namespace bantam::evaluate {

// The splits that a task reads; the one for examples only `with_fewshot`.
std::vector<std::string> splits_of(const Task& task, bool with_fewshot);

// The files of a split, in the order of the task file. A local path is taken from the current folder (as
// lm-eval does), else from the task file's folder, else from the folder above that. bad_input, naming the
// file, when it is in none of them, and for a split that the task file does not give; environment, with the
// command that fetches it, when it lies on the hub and was not fetched; integrity when what was fetched
// changed since.
base::Result<std::vector<std::filesystem::path>> files_of_split(const Task& task, const std::string& split);

// SHA-256 over the task's file with its includes and over the content of its data: changes with anything that
// can change its items. The errors of files_of_split().
base::Result<std::string> fingerprint(const Task& task, bool with_fewshot);

}  // namespace bantam::evaluate
