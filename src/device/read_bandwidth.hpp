#pragma once
// How fast this machine reads main memory. Knows nothing of models.

#include <cstdint>

#include "base/result.hpp"
#include "stats/spread.hpp"

namespace bantam::device {

struct ReadBandwidth {
  double bytes_per_s = 0.0;      // of all threads together, the median of several passes
  stats::Spread spread;          // of the time of a pass
  std::int64_t array_bytes = 0;  // that was read in each pass
};

// The array takes 4 times the last-level cache and at least 2 GiB, or a quarter of the available memory or
// address space where that is less. About a second. environment when there is no memory for it.
base::Result<ReadBandwidth> measure_read_bandwidth(int threads);

}  // namespace bantam::device
