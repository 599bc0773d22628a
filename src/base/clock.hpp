#pragma once
// Time. Durations come from CLOCK_MONOTONIC_RAW (no NTP slew, no clock steps); calendar time is for labels
// only.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bantam::base {

class Clock {
 public:
  virtual ~Clock() = default;
  // Nanoseconds since an arbitrary start; never goes back.
  virtual std::int64_t now_ns() const = 0;
};

class MonotonicClock final : public Clock {
 public:
  std::int64_t now_ns() const override;
};

inline double seconds(std::int64_t nanoseconds) {
  return static_cast<double>(nanoseconds) * 1e-9;
}

// UTC now as 2026-01-31T12:00:00Z.
std::string utc_timestamp();
// Seconds since 1970 of such a text; absent when it is none.
std::optional<std::int64_t> utc_seconds(std::string_view timestamp);

}  // namespace bantam::base
