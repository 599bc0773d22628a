#pragma once
// The page: one file that shows results without network. Knows nothing of files.

#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace bantam::chart {

// `datasets` as make_dataset() gives them, at least one; several are shown with the device as an axis.
// Nothing in them can leave the element that holds them. environment when the build has no page.
base::Result<std::string> make_page(const std::vector<base::Json>& datasets);

}  // namespace bantam::chart
