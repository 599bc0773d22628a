#pragma once
// What `bantam run --dry-run` shows: what a run would do. Prints nothing.

#include <string>
#include <vector>

#include "plan/plan.hpp"
#include "run/prepare.hpp"

namespace bantam::report {

// One line per cell with what has to be made for it and how long it may take, then the sum. Times are rough:
// an upper bound for performance (from the budget), an arithmetic guess for accuracy (from model size and
// text length). One form only, for a terminal; lines are as long as they need to be.
std::string dry_run_page(const plan::Plan& plan, const run::Inputs& inputs,
                         const std::vector<run::PreparedCell>& cells);

// "10000 cells, roughly 3.5 h at most": the last line of that page.
std::string dry_run_total(const plan::Plan& plan, const run::Inputs& inputs,
                          const std::vector<run::PreparedCell>& cells);

}  // namespace bantam::report
