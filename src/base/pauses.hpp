#pragma once
// Times in which this program did not run although it had work: stopped by a signal (SIGSTOP, Ctrl-Z) until
// it was continued, or asleep with the machine. A duration with a pause in it is not that of the work.

#include <cstdint>
#include <optional>

namespace bantam::base {

// From now on pauses() counts stops: a handler of SIGCONT, which takes note before the program goes on.
void watch_stops();

struct Pauses {
  std::optional<std::int64_t> stops;  // so far; absent: nobody watches
  std::optional<double> suspended_s;  // of the machine since it started; absent: the kernel does not tell
};
Pauses pauses();

// Sleep below this is the inaccuracy of the clocks.
inline constexpr double kLeastSuspendedS = 0.1;

bool paused_between(const Pauses& before, const Pauses& after);

}  // namespace bantam::base
