#pragma once
// docs/metrics.md, rendered from the catalogue. Prints nothing.

#include <string>

namespace bantam::report {

// One table of names, units and definitions per group of metrics.
std::string metrics_page();

}  // namespace bantam::report
