#pragma once
// Sweeps: options with several values, whose combinations are measured side by side. Values are written as in
// llama-bench: 1,2,4 or 1-4 or 128-512+128 or 64-1024*2.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "plan/option_values.hpp"
#include "plan/plan.hpp"

namespace bantam::plan {

// An option with at least two values.
struct Axis {
  std::string option;  // its name in the table of options
  Values values;       // all different
};

// Whether performance can be measured at several values of this option.
bool is_axis(std::string_view option);
// All of them, by name.
const std::vector<std::string_view>& axis_names();

// The values of a text, in its order, each once. Words are not taken for ranges. usage for a range that is
// empty, does not end, or has more than kMostValues values.
base::Result<Values> axis_values(std::string_view flag, const std::string& text);
inline constexpr std::size_t kMostValues = 256;

// All combinations, the values of the last axis next to each other; checks each value. The plan has the first
// value of every axis. usage when there are more than kMostPoints.
base::Result<std::vector<Point>> points_of(const Plan& plan, const std::vector<Axis>& axes);
inline constexpr std::size_t kMostPoints = 1024;

}  // namespace bantam::plan
