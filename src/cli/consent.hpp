#pragma once
// What is installed on this machine is asked for first.

#include <string>

#include "base/result.hpp"

namespace bantam::cli {

// Nothing when `yes` was given or the answer is y. environment, with the hint, when it is another, or when
// there is nobody to ask (`missing` is then the message).
base::Status ask_to_install(bool yes, const std::string& missing, const std::string& hint);

}  // namespace bantam::cli
