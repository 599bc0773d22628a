#pragma once
// How busy GPUs were while energy was measured: a row for each GPU of each cell.

#include "analyze/analysis.hpp"
#include "table/table.hpp"

namespace bantam::report {

// Without rows where no GPU was watched. A mean stands with its lowest and highest reading; what a GPU does
// not tell is a note with the reason.
table::Table gpu_table(const analyze::Analysis& analysis);

}  // namespace bantam::report
