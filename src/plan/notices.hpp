#pragma once
// What a user should know of a request although it is not wrong: options without effect, work that nobody
// asked for by name.

#include <string>
#include <vector>

#include "plan/options.hpp"

namespace bantam::plan {

// Of options that do something in other plans but not in this one, by reason.
std::vector<std::string> unused_options(const std::vector<const Option*>& given, const Plan& plan);

// Accuracy was wanted, but no task is named: what to do next. Several lines.
std::string accuracy_is_left_out(const Plan& plan);

}  // namespace bantam::plan
