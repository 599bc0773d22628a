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

// One phase on a roofline.
struct RooflinePhase {
  std::string phase;  // "prefill", "decode"
  double operations_per_byte =
      0.0;  // multiplications and additions of a step / bytes that it reads at the least
  double operations_per_s = 0.0;  // the same operations / the time that a step took
};
// What a machine can do at most by its own measurement, and where a model's phases lie below it.
struct Roofline {
  double read_bytes_per_s = 0.0;      // main memory, all threads
  double operations_per_s = 0.0;      // of matrices with many columns, of the model's own types
  std::vector<RooflinePhase> phases;  // at least one
};
// Absent for other records, where the limits were not measured, and where no figure of a phase can be.
std::optional<Roofline> roofline(const Record& record);

}  // namespace bantam::record
