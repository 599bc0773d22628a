#pragma once
// The command line as users type it, brought into one form before it is parsed.

#include <string>
#include <vector>

#include "base/result.hpp"

namespace bantam::cli {

// --num_runs -> --num-runs (the value after '=' stays), -ngl -> --n-gpu-layers and the like. usage when a
// secret is given on the command line, where every user of the machine could read it.
base::Result<std::vector<std::string>> normalized_arguments(int count, const char* const* arguments);

}  // namespace bantam::cli
