#pragma once
// A checked plan, carried out: what `bantam run` does with its own, for every command that starts a run.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "plan/plan.hpp"
#include "plan/tracking.hpp"

namespace bantam::cli {

struct RunManner {
  bool dry_run = false;             // show the cells and an estimate, measure nothing
  bool quiet = false;               // show failures only
  bool yes = false;                 // run plans of many cells without asking
  bool prints_results = true;       // the tables that decide, on stdout, unless quiet
  std::optional<double> at_most_s;  // what is expected to take longer is not begun; absent: any
  plan::Tracking tracking = {};     // what it leaves for trackers
};

// What run_plan() returns, with a note, of a plan that is not begun.
inline constexpr int kNotBegun = -1;

// A plan of more cells is asked about first.
inline constexpr std::size_t kUnaskedCells = 1000;

// Measures what the plan's store lacks. What the process returns: of a run, by how its cells came out. usage
// for a plan that is asked about first; else the errors of run::find_inputs, of the store and of the folders.
base::Result<int> run_plan(const plan::Plan& plan, const std::vector<std::string>& notices,
                           const RunManner& manner);

}  // namespace bantam::cli
