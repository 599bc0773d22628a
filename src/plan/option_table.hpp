#pragma once
// The one table of options: names, help and what each does to the plan.

#include <vector>

#include "plan/option_setters.hpp"
#include "plan/options.hpp"

namespace bantam::plan {

struct OptionEntry {
  Option option;
  Apply apply;  // empty: accepted without effect, for the reason in `help`
};

// In the order of --help.
const std::vector<OptionEntry>& option_table();

}  // namespace bantam::plan
