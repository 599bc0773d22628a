#pragma once
// What tuning tried, what it chose, and how sure the gain is.

#include <string>
#include <vector>

#include "table/render.hpp"
#include "tune/tune.hpp"

namespace bantam::report {

// The options of `bantam run` that set what was chosen, in the order of choosing; empty when the defaults
// stay.
std::vector<std::string> tuned_flags(const tune::Report& report);

// Format json: {"model", "precision", "objective", "stages", "chosen", "flags", "gain", "verdict", ...}; csv:
// one row per choice that was tried.
std::string tune_page(const tune::Report& report, table::Format format, const table::TerminalStyle& style);

}  // namespace bantam::report
