#pragma once
// The accuracy tasks of a plan: found in the embedded pack and the plan's folders.

#include <map>
#include <string>

#include "evaluate/library.hpp"
#include "plan/plan.hpp"
#include "run/prepare.hpp"

namespace bantam::run {

base::Result<evaluate::TaskLibrary> open_library(const plan::AccuracySettings& settings);

// usage for a name that no file defines, bad_input for task files and data that cannot be used.
base::Result<std::map<std::string, TaskInput>> find_tasks(const plan::AccuracySettings& settings,
                                                          std::uint64_t seed);

}  // namespace bantam::run
