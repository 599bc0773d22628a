#pragma once
// Writes results as SLiM-Eval 0.1.3 names and lays out its files: DIR/MODEL/MODEL_PRECISION/performance.json,
// energy.json and TASK.json. Its definitions are kept: a latency is the wall time of a batch divided by its
// requests. A member `bantam` says what a file is of, and what is not in it and why. What was imported from
// SLiM-Eval is as its file has it.

#include <filesystem>
#include <vector>

#include "base/result.hpp"
#include "exchange/export_files.hpp"
#include "exchange/sources.hpp"
#include "record/record.hpp"

namespace bantam::exchange {

// Of several records of one cell the newest counts. Cells that have not ended well, scores of 0 (which stand
// for failed evaluations there), points of sweeps and figures that have no place in its files are left out
// with a note. Nothing is written when one file is there with other content and is to be kept, or when two
// names give one file: usage. bad_input when there is nothing to write; storage when a file cannot be
// written; errors of the trials.
base::Result<ExportedFiles> write_slim_eval(const std::filesystem::path& folder,
                                            const std::vector<record::Record>& records,
                                            const TrialSource& trials, Existing existing);

}  // namespace bantam::exchange
