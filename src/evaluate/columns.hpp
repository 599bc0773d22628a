#pragma once
// The columns of a row, for a template that names one that is not there.

#include <string>

#include "base/json.hpp"
#include "base/result.hpp"

namespace bantam::evaluate {

// The error's own remedy; where it has none and is about a name that is no column, the columns that exist.
std::string hint_with_columns(const base::Error& error, const base::Json& row);

}  // namespace bantam::evaluate
