#pragma once
// Walks the prepared cells, one worker at a time, and leaves exactly one record per cell in the store. Cells
// whose record is there already are not run again. Cells that take turns are walked together, part by part,
// in the order of their schedule; a cell by itself is the simple case of a schedule with one part.

#include <optional>

#include "base/result.hpp"
#include "job/interrupts.hpp"
#include "plan/plan.hpp"
#include "run/observer.hpp"
#include "run/prepare.hpp"
#include "store/store.hpp"

namespace bantam::run {

struct RunSummary {
  int ok = 0;
  int failed = 0;
  int skipped = 0;
  int invalid = 0;
  int with_failed_items = 0;                     // of those that are ok
  int reused = 0;                                // of the above, those that were there already
  std::optional<base::ErrorKind> first_failure;  // kind of the first failed or invalid cell
  bool interrupted = false;                      // cells are left; the same command goes on with them
};

// Errors are those of the store and the observer; what goes wrong inside a cell is its record.
base::Result<RunSummary> run_cells(const plan::Plan& plan, const Inputs& inputs,
                                   const std::vector<PreparedCell>& cells, const Machine& machine,
                                   const KernelVerdicts& kernels, store::Store& store,
                                   job::Interrupts& interrupts, Observer& observer);

}  // namespace bantam::run
