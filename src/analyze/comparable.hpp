#pragma once
// Whether two records measured the same thing, so that a difference between them can be put down to the
// precision. Knows nothing of values.

#include <string>

#include "record/record.hpp"

namespace bantam::analyze {

// Why speed and memory of two performance records must not be compared: another machine, or a setting that
// changes the work ("the setting threads differs"). Empty when they may. Settings that only say how often to
// measure do not count.
std::string speed_obstacle(const record::Record& a, const record::Record& b);

// The same for two records of one task: settings that change prompts, items or the arithmetic.
std::string score_obstacle(const record::Record& a, const record::Record& b);

}  // namespace bantam::analyze
