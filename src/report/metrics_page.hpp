#pragma once
// docs/metrics.md, rendered from the catalogue. Knows nothing of results.

#include <string>

namespace bantam::report {

// The whole page: one table of names and units per group, then every definition.
std::string metrics_page();

}  // namespace bantam::report
