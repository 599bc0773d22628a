#pragma once
// What this machine can do at most, of the rates that predictions have measured and kept. Measures nothing.

#include <optional>

#include "engine/work.hpp"
#include "run/machine.hpp"

namespace bantam::predict {

struct MachineLimits {
  double bytes_per_s = 0.0;       // reading main memory, all threads
  double operations_per_s = 0.0;  // of the fastest product of matrices with several columns, two per weight
};

// Absent where nothing of the kind is among the rates.
std::optional<MachineLimits> find_limits(const engine::Peaks& peaks);

// Of this machine with as many threads as it has cores; absent where `bantam predict` has not measured here.
std::optional<MachineLimits> kept_limits(const run::Machine& machine);

}  // namespace bantam::predict
