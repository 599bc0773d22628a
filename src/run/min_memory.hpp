#pragma once
// The least memory of a performance cell, found once its rounds are over: its worker is started again and
// again under limits, with short requests. Where no control group was handed to bantam no limit can be set,
// and the need is told from the pages that the requests use.

#include "base/result.hpp"
#include "record/record.hpp"
#include "run/cell_kinds.hpp"

namespace bantam::run {

// Leaves what it found, or why nothing, in the record (record/min_memory.hpp), where the plan asks for it.
// Errors: interrupted, and the store's.
base::Status find_min_memory(const CellWork& work, record::Record& record);

// How often the model is loaded for it, roughly, for an estimate of the time.
inline constexpr double kUsualMemoryProbes = 12.0;

}  // namespace bantam::run
