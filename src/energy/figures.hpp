#pragma once
// What the work itself took of the energy, and which part of it each phase of a request. Plain arithmetic;
// knows nothing of sensors.

#include <cstdint>
#include <optional>
#include <span>

#include "base/result.hpp"
#include "energy/window_energy.hpp"

namespace bantam::energy {

// What the work itself took: gross joules less the idle power, which is taken to run straight from what it
// was before the window to what it was behind it. environment where one of the two is not known, or where
// idling took more than the work.
base::Result<double> net_joules(const Energy& gross, const std::optional<double>& idle_before_w,
                                const std::optional<double>& idle_after_w);

// One request, by the clock of the readings.
struct RequestStamps {
  std::int64_t start_ns = 0;
  std::int64_t first_token_ns = 0;
  std::int64_t end_ns = 0;
};

struct PhaseEnergy {
  base::Result<double> joules;  // of all requests together
  double time_s = 0.0;
};
struct SplitEnergy {
  PhaseEnergy prefill;  // from a request's start to its first token
  PhaseEnergy decode;   // from there to its end
};

// The energy of requests, told apart by their time stamps. Both have the error of checked_curve() over the
// time from the first request's start to the last one's end; one alone has environment when it takes less
// than Rules::least_phase_periods on average. usage for no requests, and for stamps that are not in order.
base::Result<SplitEnergy> split_phases(const Trace& trace, std::span<const RequestStamps> requests,
                                       const Rules& rules);

}  // namespace bantam::energy
