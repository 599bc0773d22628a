#pragma once
// What a memory budget must hold beside a model's need.

#include <cmath>
#include <cstdint>

namespace bantam::plan {

inline constexpr double kMemoryMarginShare = 0.05;  // for the error of a measurement or estimate
inline constexpr std::int64_t kParentBytes = std::int64_t{64} << 20;  // of the program beside the worker

inline std::int64_t memory_margin(std::int64_t need_bytes) {
  return static_cast<std::int64_t>(std::llround(kMemoryMarginShare * static_cast<double>(need_bytes))) +
         kParentBytes;
}

}  // namespace bantam::plan
