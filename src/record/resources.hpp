#pragma once
// What holds up the phases of a model's work, as the record of a resources cell tells it
// (task_info.resources). Knows nothing of how it was found.

#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "record/record.hpp"

namespace bantam::record {

struct PhaseBound {
  std::string phase;                  // "load_cold", "load_warm", "prefill", "decode"
  std::string bound;                  // "memory_bandwidth", "compute", ...; empty where nobody can tell
  double share = 0.0;                 // of the phase's time that it explains
  std::string reason;                 // a sentence; without a bound why there is none
  std::vector<std::string> remedies;  // what would help
};

// In the order of the phases; empty for other records. What cannot be read is left out.
std::vector<PhaseBound> phase_bounds(const Record& record);

}  // namespace bantam::record
