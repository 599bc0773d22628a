#pragma once
// Options of lm-eval, so that its commands can be typed unchanged: what they mean here, which have no effect,
// and which are to be left out.

#include <string>
#include <vector>

#include "plan/options.hpp"

namespace bantam::plan {

// The rows of lm-eval's options that have no namesake here; hidden in --help.
void add_foreign_options(std::vector<OptionEntry>& all);

struct Translation {
  OptionValues values;
  std::vector<std::string> notices;  // how the command was read
};

// A command of lm-eval, which --model_args or the name of a backend gives away, in our options; any other as
// it is. usage, naming all of them, for options that would change results and are not supported.
base::Result<Translation> translated(const OptionValues& values);

}  // namespace bantam::plan
