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

// The same for a server to give out: it asks where it came from, and nobody else, for /progress.json, and for
// /data.json when that has another `tag` than these data. Without datasets it says that nothing is measured
// yet.
base::Result<std::string> make_live_page(const std::vector<base::Json>& datasets, const std::string& tag);

}  // namespace bantam::chart
