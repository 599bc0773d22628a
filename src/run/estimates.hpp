#pragma once
// How long a cell takes at most, by what is known of it: for dry runs and remaining times.

#include <optional>

#include "plan/plan.hpp"
#include "run/inputs.hpp"
#include "run/outlook.hpp"
#include "run/prepare.hpp"

namespace bantam::run {

// Seconds. Where no rate is known, one is guessed from the size of the model; absent where that is not known
// either.
std::optional<double> estimate_performance_s(const plan::Plan& plan, const Inputs& inputs,
                                             const PreparedCell& cell, const CellOutlook& outlook);
std::optional<double> estimate_energy_s(const plan::Plan& plan, const Inputs& inputs,
                                        const PreparedCell& cell, const CellOutlook& outlook);
std::optional<double> estimate_accuracy_s(const plan::Plan& plan, const Inputs& inputs,
                                          const PreparedCell& cell, const CellOutlook& outlook);

}  // namespace bantam::run
