#pragma once
// An audit as one text. Prints nothing.

#include <string>

#include "audit/audit.hpp"
#include "table/render.hpp"

namespace bantam::report {

// CSV has one row a check.
std::string audit_page(const audit::Audit& audit, table::Format format,
                       const table::TerminalStyle& style = {});

}  // namespace bantam::report
