#pragma once
// What a run would do.

#include <string>

#include "cli/terminal.hpp"
#include "plan/plan.hpp"
#include "run/prepare.hpp"

namespace bantam::cli {

// One line a cell with what has to be made for it and how long it may take, then the sum. Times are rough: an
// upper bound for performance (from the budget), an arithmetic guess for accuracy (from model size and text
// length).
std::string dry_run_table(const plan::Plan& plan, const run::Inputs& inputs,
                          const std::vector<run::PreparedCell>& cells, const Terminal& terminal);

}  // namespace bantam::cli
