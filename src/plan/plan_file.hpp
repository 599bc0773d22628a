#pragma once
// Options as a plan file.

#include "base/json.hpp"
#include "plan/options.hpp"

namespace bantam::plan {

// JSON, which is YAML, too: read_plan_file() of its text gives options that come to the same plan.
base::Json plan_file_of(const OptionValues& options);

}  // namespace bantam::plan
