#pragma once
// The power of one block over time by the sensor that gives its figures, and what went on meanwhile: kept
// with the block that stands for a cell, and with it in the record (task_info.energy). Knows nothing of
// sensors.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace bantam::record {

inline constexpr std::size_t kMostPowerBins = 400;
inline constexpr std::size_t kMostPowerRequests = 200;
inline constexpr std::size_t kMostPowerPhases = 8;

// All times are in seconds since the window's begin, that is since the first counted request's begin.
struct PowerPhase {
  std::string name;      // "idle_before", "load" (with warm-up), "requests", "idle_after"
  double begin_s = 0.0;  // clipped to what the bins cover
  double end_s = 0.0;
  bool operator==(const PowerPhase&) const = default;
};

struct PowerRequest {
  double begin_s = 0.0;        // its prefill goes from here
  double first_token_s = 0.0;  // to here, and its decode on; without tokens the same as the end
  double end_s = 0.0;
  bool operator==(const PowerRequest&) const = default;
};

struct PowerTrace {
  double begin_s = 0.0;            // of the first bin: 0, or a whole number of bins before
  double bin_s = 0.0;              // length of every bin, at least two update periods of the sensor
  double window_s = 0.0;           // a whole number of bins
  std::vector<double> watts;       // mean power of each bin, 1 to kMostPowerBins
  std::vector<PowerPhase> phases;  // in the order of their begin
  // Each counted request; empty where there are more than kMostPowerRequests: then the phase "requests"
  // stands for them.
  std::vector<PowerRequest> requests;
  std::string cut;  // why only the window is there; empty where idle times and load are, too
  bool operator==(const PowerTrace&) const = default;

  double end_s() const { return begin_s + bin_s * static_cast<double>(watts.size()); }
  // The sum of watts x seconds over the window's bins: what the sensor says of the window.
  double window_joules() const;
};
base::Json to_json(const PowerTrace& trace);
// bad_input, saying what is wrong, for anything that is no trace: no or too many bins, figures that are
// negative or not finite, a window that is no whole number of bins, times that go back.
base::Result<PowerTrace> power_trace_from(const base::Json& json);

}  // namespace bantam::record
