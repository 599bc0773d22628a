#pragma once
// What holds each configuration up, phase by phase, with the reasons as notes.

#include "analyze/analysis.hpp"
#include "table/table.hpp"

namespace bantam::report {

// Without rows where no configuration has such a cell.
table::Table resources_table(const analyze::Analysis& analysis);

}  // namespace bantam::report
