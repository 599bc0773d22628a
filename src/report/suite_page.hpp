#pragma once
// The page of the tasks that come with the project, rendered from their files.

#include <string>

#include "base/result.hpp"
#include "task/library.hpp"

namespace bantam::report {

// docs/suite.md: every task and group of `library` whose metadata gives the number of its items. The errors
// of TaskLibrary::find().
base::Result<std::string> suite_page(const task::TaskLibrary& library);

}  // namespace bantam::report
