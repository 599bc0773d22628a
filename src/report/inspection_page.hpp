#pragma once
// What `bantam models inspect` shows. Prints nothing.

#include <string>

#include "model/inspection.hpp"
#include "table/render.hpp"

namespace bantam::report {

// With `tensors` also one line for each tensor. There is no CSV of it.
std::string inspection_page(const model::Inspection& inspection, bool tensors, table::Format format,
                            const table::TerminalStyle& style);

}  // namespace bantam::report
