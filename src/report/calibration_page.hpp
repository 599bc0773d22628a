#pragma once
// What `bantam device --calibrate` shows. Prints nothing.

#include <string>

#include "predict/calibration.hpp"
#include "table/render.hpp"

namespace bantam::report {

// There is no CSV of it.
std::string calibration_page(const predict::Calibration& calibration, table::Format format,
                             const table::TerminalStyle& style);

}  // namespace bantam::report
