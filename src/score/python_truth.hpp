#pragma once
// What Python's `if` makes of a value. Task files hand their switches on as they are, so that lm-eval takes
// any text that is not empty for true, "false" among them.

#include "base/json.hpp"

namespace bantam::score {

inline bool python_truth(const base::Json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number()) return value.get<double>() != 0.0;
  if (value.is_string()) return !value.get_ref<const std::string&>().empty();
  return !value.empty();  // null is
}

}  // namespace bantam::score
