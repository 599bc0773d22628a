#pragma once
// What `bantam models inspect` shows. Prints nothing.

#include <string>

#include "model/inspection.hpp"
#include "predict/cache.hpp"
#include "table/render.hpp"

namespace bantam::report {

// With `tensors` also one line for each tensor. There is no CSV of it.
std::string inspection_page(const model::Inspection& inspection, const predict::CacheFacts& cache,
                            bool tensors, table::Format format, const table::TerminalStyle& style);

}  // namespace bantam::report
