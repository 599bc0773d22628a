#pragma once
// Settings that stand in the environment.

#include <string>

namespace bantam::base {

// The variable's value without white space around it; empty when it is not set.
std::string environment_text(const char* name);
// Whether it is set to 1, true, yes or on.
bool is_switched_on(const char* name);

}  // namespace bantam::base
