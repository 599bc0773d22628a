#pragma once
// What `bantam tasks validate` shows. Prints nothing.

#include <string>

#include "evaluate/validate.hpp"
#include "table/render.hpp"

namespace bantam::report {

// As JSON, else as text: there is no other form of it.
std::string validation_page(const evaluate::Validation& validation, table::Format format);

}  // namespace bantam::report
