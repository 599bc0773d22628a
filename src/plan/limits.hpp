#pragma once
// What the engine can do at most, as far as a plan is checked against it.

namespace bantam::plan {

// Requests computed at once.
inline constexpr int kMostStreams = 256;

}  // namespace bantam::plan
