#pragma once
// What `bantam run` says at its end: how many cells came out how, where they are kept, and what to do next.
// Prints nothing.

#include <string>
#include <vector>

#include "plan/plan.hpp"
#include "run/walk.hpp"

namespace bantam::report {

std::vector<std::string> closing_lines(const run::RunSummary& summary, const plan::Plan& plan,
                                       double seconds);

}  // namespace bantam::report
