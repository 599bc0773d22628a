#pragma once
// What a request leaves open, filled in and checked as a whole.

#include "plan/plan.hpp"

namespace bantam::plan {

// The tasks of the embedded pack; the default where only embedded:nano is measured.
const std::vector<std::string>& embedded_tasks();

// Gives each model a name of its own, the default precisions, tasks and base precision. usage when there is
// no model, nothing to measure, or options contradict each other.
base::Status complete(Plan& plan);

}  // namespace bantam::plan
