#pragma once
// The accuracy tasks of a plan: found in the embedded pack and the plan's folders.

#include <map>
#include <string>

#include "model/locate.hpp"
#include "plan/plan.hpp"
#include "run/prepare.hpp"
#include "task/library.hpp"

namespace bantam::run {

// Fetches the tasks' data where it is not here (`options.fetch`), or says what would be fetched. usage for a
// name that no file defines, bad_input for task files and data that cannot be used, and the errors of
// task/task_data.hpp.
base::Result<std::map<std::string, TaskInput>> find_tasks(const plan::AccuracySettings& settings,
                                                          std::uint64_t seed,
                                                          const model::LocateOptions& options);

}  // namespace bantam::run
