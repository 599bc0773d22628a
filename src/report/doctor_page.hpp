#pragma once
// What `bantam tasks doctor` shows. Prints nothing.

#include <string>

#include "run/doctor.hpp"
#include "table/render.hpp"

namespace bantam::report {

// `format`: table, json or md; there is no one table for CSV.
std::string doctor_page(const run::Diagnosis& diagnosis, table::Format format,
                        const table::TerminalStyle& style);

}  // namespace bantam::report
