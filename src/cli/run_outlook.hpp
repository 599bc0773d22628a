#pragma once
// What `bantam run` knows before its cells and says after them. Measures nothing.

#include <vector>

#include "base/result.hpp"
#include "cli/pace.hpp"
#include "run/outlook.hpp"
#include "run/prepare.hpp"
#include "store/store.hpp"

namespace bantam::cli {

// From what the store holds and, where it holds nothing of a cell's kind, from rates of earlier predictions.
// One for each cell. `store`: null where there is none yet.
base::Result<std::vector<run::CellOutlook>> outlooks_for(const plan::Plan& plan,
                                                         const std::vector<run::PreparedCell>& cells,
                                                         store::Store* store);
// The same with the plan's own store, which is only read.
base::Result<std::vector<run::CellOutlook>> outlooks_for(const plan::Plan& plan,
                                                         const std::vector<run::PreparedCell>& cells);

// What is expected of each cell, and which are over already.
std::vector<Forecast> forecasts(const plan::Plan& plan, const run::Inputs& inputs,
                                const std::vector<run::PreparedCell>& cells,
                                const std::vector<run::CellOutlook>& outlooks);

// The tables that decide, of the cells of this plan, on stdout.
base::Status print_results(const plan::Plan& plan, const std::vector<run::PreparedCell>& cells,
                           store::Store& store);

}  // namespace bantam::cli
