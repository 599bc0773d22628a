#pragma once
// An analysis as tables of short texts for people: what is in which place, and what is marked.

#include <vector>

#include "analyze/analysis.hpp"
#include "table/table.hpp"

namespace bantam::report {

// Speed, memory and size, accuracy, impact on speed and memory, impact on scores, damage, likeness of
// answers. Tables and columns without any value are left out; what is absent for the same reason everywhere
// is a note.
std::vector<table::Table> analysis_tables(const analyze::Analysis& analysis);

}  // namespace bantam::report
