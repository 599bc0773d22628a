#pragma once
// Files of web/ that were built into the program: charts.js and page.html.

#include <string_view>

#include "base/result.hpp"

namespace bantam::chart {

// environment when the program was built without it.
base::Result<std::string_view> embedded_file(std::string_view name);

}  // namespace bantam::chart
