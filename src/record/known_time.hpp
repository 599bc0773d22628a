#pragma once
// Times of records that were imported may be unknown.

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.hpp"

namespace bantam::record {

// Stands for a time that an imported file does not tell.
inline constexpr std::string_view kUnknownTime = "1970-01-01T00:00:00Z";

// Seconds since 1970 of a record's time; absent where it is not known.
inline std::optional<std::int64_t> known_time(std::string_view utc) {
  return utc == kUnknownTime ? std::nullopt : base::utc_seconds(utc);
}

}  // namespace bantam::record
