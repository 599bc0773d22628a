#pragma once
// What one source says of one window of time: joules, or why not. Knows nothing of requests.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "energy/curve.hpp"
#include "energy/reading.hpp"
#include "energy/rules.hpp"
#include "energy/supply.hpp"

namespace bantam::energy {

struct Window {
  std::int64_t from_ns = 0;
  std::int64_t to_ns = 0;
  double length_s() const { return 1e-9 * static_cast<double>(to_ns - from_ns); }
};

struct Gap {
  double from_s = 0.0;  // since the window's begin
  double to_s = 0.0;
};

struct Energy {
  double joules = 0.0;
  double mean_w = 0.0;
  std::optional<double> peak_w;  // of samples the highest; of a counter the highest mean over half a second
                                 // or four update periods; absent in windows that are shorter
  double window_s = 0.0;
  std::int64_t samples = 0;  // readings with a value in the window
  double update_period_s = 0.0;
  std::vector<Gap> gaps;  // Rules::gap_periods
};

// Checks the readings of the window and makes their curve.
//   environment, why there is no figure: no readings, a window that they do not cover or that is too short
//   for
//     the sensor (less than SourceFacts::least_window_s; 50 update periods where the readings tell the
//     period, so that a period at either end is at most 4 % of it; two update periods in any case);
//   invalid_measurement, why the figure is not believed: what was read shows a fault, goes back, is stuck, is
//     negative, or is above the bound of the rules.
base::Result<EnergyCurve> checked_curve(const Trace& trace, const Window& window, const Rules& rules);

// The energy in the window by the curve. Errors as above.
base::Result<Energy> energy_between(const Trace& trace, const Window& window, const Rules& rules);

// Only of batteries and external meters: invalid_measurement when the machine was plugged in or unplugged in
// the window; of a battery also when it was plugged in all the time. `changes` grow in time, the first one
// tells how it was before the window.
base::Status check_supply(const SourceFacts& facts, std::span<const SupplyChange> changes,
                          const Window& window);

base::Json to_json(const Energy& energy);

}  // namespace bantam::energy
