#pragma once
// What `bantam run --dry-run` shows: what a run would do. Prints nothing.

#include <string>
#include <vector>

#include "plan/plan.hpp"
#include "run/outlook.hpp"
#include "run/prepare.hpp"

namespace bantam::report {

// One line per cell with what has to be made for it and how long it may take, then the sum. Times are upper
// bounds: of performance from its budget and the time of a request, of accuracy from the time of an item,
// both as measured before or else guessed from the model's size. Cells that are done take none. One form
// only, for a terminal; lines are as long as they need to be.
std::string dry_run_page(const plan::Plan& plan, const run::Inputs& inputs,
                         const std::vector<run::PreparedCell>& cells,
                         const std::vector<run::CellOutlook>& outlooks);

// "10000 cells, roughly 3.5 h at most": the last line of that page.
std::string dry_run_total(const plan::Plan& plan, const run::Inputs& inputs,
                          const std::vector<run::PreparedCell>& cells,
                          const std::vector<run::CellOutlook>& outlooks);

}  // namespace bantam::report
