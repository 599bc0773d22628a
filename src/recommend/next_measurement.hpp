#pragma once
// What would tell a choice from a rival: more items, more rounds of speed or energy, or the first ones side
// by side.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "recommend/objective.hpp"
#include "recommend/pairs.hpp"
#include "recommend/recommend.hpp"

namespace bantam::recommend {

// How configurations are compared; all outlive it.
struct Comparing {
  const Facts& facts;
  const std::vector<std::string>& objectives;
  const std::map<std::string, std::int64_t>& comparisons;  // of the step of each objective
  double margin = 0.0;                                     // of quality, as a share
};

// `pair`: the choice against the rival. Absent where more of what is measured would tell nothing.
std::optional<NextMeasurement> next_measurement(const Comparing& comparing, std::size_t rival,
                                                const Pair& pair);

}  // namespace bantam::recommend
