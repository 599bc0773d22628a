#pragma once
// The way back: from the settings of a cell to the options that give them. Knows nothing of how options are
// typed.

#include "plan/options.hpp"
#include "plan/plan.hpp"

namespace bantam::plan {

// Those that are not the defaults, in the order of the settings. build_request() of these options, a model
// and tasks comes to the same settings. Left out is what the settings of a cell do not hold: tasks, folders,
// the store.
OptionValues options_of(const CellSettings& settings);

}  // namespace bantam::plan
