#pragma once
// How fast this machine is at what models are made of: measured once in a worker, rate by rate as predictions
// ask for them, and kept in the cache folder for this machine, engine and number of threads.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "engine/work.hpp"
#include "run/machine.hpp"

namespace bantam::predict {

struct PeaksRequest {
  std::string identity;  // of machine, engine and kernels
  int threads = 1;
  std::int64_t span_limit_bytes = 0;  // engine::Peaks::span_limit_bytes
  engine::Peaks wanted;               // the rates that are needed; their values are not read
  bool again = false;                 // measure all of them anew
};

// Of this machine with so many threads; nothing is wanted yet.
PeaksRequest peaks_request(const run::Machine& machine, int threads);

struct MeasuredPeaks {
  engine::Peaks peaks;
  std::vector<std::string> warnings;  // the machine was not quiet, a rate could not be measured
};

// Four times the last-level cache of this machine, within reason: weights of more bytes than this are not
// found in a cache again.
std::int64_t span_limit_bytes();

// Those that were kept; without any where none were.
base::Result<engine::Peaks> kept_peaks(const PeaksRequest& request);

// `on_phase` is told what is being measured. Rates that were measured on a busy machine, or that spread too
// much, are used but not kept. A rate that cannot be measured is missing, with a warning.
base::Result<MeasuredPeaks> find_peaks(const PeaksRequest& request,
                                       const std::function<void(const std::string&)>& on_phase);

}  // namespace bantam::predict
