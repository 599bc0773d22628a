#pragma once
// What is said of a task that has no results.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace bantam::analyze {

// "did you mean arc_easy? there are results of: arc_easy, gsm8k": the closest of the tasks that have results,
// and all of them.
std::string hint_of_tasks(std::string_view name, const std::vector<std::string>& known);

// usage: there are no results of this task.
tl::unexpected<base::Error> no_results_of(std::string_view name, const std::vector<std::string>& known);

}  // namespace bantam::analyze
