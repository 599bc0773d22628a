#pragma once
// What a verification of a store found. Prints nothing.

#include <string>

#include "table/render.hpp"
#include "verify/verify.hpp"

namespace bantam::report {

std::string verify_page(const verify::Report& report, table::Format format,
                        const table::TerminalStyle& style);

}  // namespace bantam::report
