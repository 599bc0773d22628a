#pragma once
// What `bantam tasks doctor` shows. Prints nothing.

#include <string>

#include "run/doctor.hpp"
#include "table/render.hpp"

namespace bantam::report {

// CSV is written as JSON is: there is no one table.
std::string doctor_page(const run::Diagnosis& diagnosis, table::Format format,
                        const table::TerminalStyle& style);

}  // namespace bantam::report
