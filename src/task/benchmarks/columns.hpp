#pragma once
// Columns of a row that a benchmark's own code needs.

#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace bantam::task {

// bad_input, naming the column. `kind`: what it should be.
tl::unexpected<base::Error> missing(const std::string& column);
tl::unexpected<base::Error> missing(const char* column, const char* kind);

// The same error where it is not what the name says.
base::Result<std::string> text_column(const base::Json& row, const char* column);
base::Result<std::vector<std::string>> texts_column(const base::Json& row, const char* column);

// Each as Python's str() writes it; none of what is no list.
std::vector<std::string> texts_in_list(const base::Json& list);

}  // namespace bantam::task
