#pragma once
// What this machine can do at most: how fast it reads memory by the number of threads, multiplies matrices by
// weight type, attends, starts operations, and reads its disk. All of it is measured anew, and kept for
// predictions.

#include <functional>
#include <string>

#include "base/result.hpp"
#include "predict/device_rates.hpp"
#include "run/machine.hpp"

namespace bantam::predict {

// A few seconds for each rate. `on_phase` is told what is being measured. Rates that cannot be measured are
// absent, with a warning that says why. Errors are those of the cache folder.
base::Result<DeviceRates> calibrate(const run::Machine& machine,
                                    const std::function<void(const std::string&)>& on_phase);

}  // namespace bantam::predict
