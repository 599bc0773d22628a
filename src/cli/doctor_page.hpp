#pragma once
// A diagnosis as text: for a terminal, as Markdown or JSON. Prints nothing.

#include <string>

#include "report/render.hpp"
#include "run/doctor.hpp"

namespace bantam::cli {

// CSV is written as JSON is: there is no one table.
std::string doctor_page(const run::Diagnosis& diagnosis, report::Format format,
                        const report::TerminalStyle& style);

}  // namespace bantam::cli
