#pragma once
// A contest (run/contest.hpp) among cells of a run: stages are run by workers, looks are shown as they are
// taken, and each cell leaves its record as soon as it is decided.

#include <functional>
#include <optional>
#include <vector>

#include "run/cell.hpp"
#include "run/looks.hpp"

namespace bantam::run {

struct ContestCell {
  CellRun run;
  CellPosition position;
  std::optional<record::Record> known;  // the last finished record, of an earlier run
};

// Called once for each cell of the contest that comes to its end. An error ends the run.
using RecordSink = std::function<base::Status(const CellPosition&, const record::Record&, bool reused)>;

// `others`: those that are not decided yet. True when an interrupt came first. Errors are the store's and the
// sink's.
base::Result<bool> run_contest_cells(const ContestCell& base, const std::vector<ContestCell>& others,
                                     const Looks& looks, const RecordSink& on_record);

}  // namespace bantam::run
