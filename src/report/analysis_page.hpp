#pragma once
// An analysis as one text: for a terminal, a Markdown page, a spreadsheet or a program. Prints nothing.

#include <string>

#include "analyze/analysis.hpp"
#include "table/render.hpp"

namespace bantam::report {

// "No results." where there are none.
std::string analysis_page(const analyze::Analysis& analysis, table::Format format,
                          const table::TerminalStyle& style = {});

// The tables that decide, for the end of a run: what analysis_page() tells at length. For a terminal; empty
// where there are no results.
std::string short_page(const analyze::Analysis& analysis, const table::TerminalStyle& style = {});

// One row per configuration, plain numbers in base units: results_table.csv.
std::string results_csv(const analyze::Analysis& analysis);
// One row per comparison with a base precision: quantization_impact.csv.
std::string impact_csv(const analyze::Analysis& analysis);

}  // namespace bantam::report
