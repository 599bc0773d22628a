#pragma once
// Options of `bantam run` as the line of a shell that starts it. Prints nothing.

#include <string>

#include "plan/options.hpp"

namespace bantam::report {

// "bantam run small=a.gguf --precisions int8 --tasks performance". Where models have settings of their own,
// which no flag can give, the line writes a plan file first.
std::string run_command(const plan::OptionValues& options);

}  // namespace bantam::report
