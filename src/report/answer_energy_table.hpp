#pragma once
// What the items of tasks took of the device: of accuracy cells that were scored while sensors were read.

#include "analyze/analysis.hpp"
#include "table/table.hpp"

namespace bantam::report {

// Without rows where no cell has such figures.
table::Table answer_energy_table(const analyze::Analysis& analysis);

}  // namespace bantam::report
