#pragma once
// Times in which this program did not run although it had work: stopped by a signal (SIGSTOP, Ctrl-Z) until
// it was continued, frozen by the system without a signal (docker pause, the freezer of control groups), or
// asleep with the machine. A duration with a pause in it is not that of the work.

#include <cstdint>
#include <optional>

namespace bantam::base {

// From now on pauses() counts stops, by a handler of SIGCONT, which takes note before the program goes on,
// and the times of a freeze, by a thread that wakes every kTickS and finds that it, and all others, did not.
void watch_pauses();
inline constexpr double kTickS = 0.05;

struct Pauses {
  std::optional<std::int64_t> stops;  // so far; absent: nobody watches
  std::optional<double> suspended_s;  // of the machine since it started; absent: the kernel does not tell
  std::optional<double> frozen_s;     // so far, of times of kLeastFrozenS and more; absent: nobody watches
};
Pauses pauses();

// Sleep below this is the inaccuracy of the clocks.
inline constexpr double kLeastSuspendedS = 0.1;
// Below this a thread may have waited for a busy CPU.
inline constexpr double kLeastFrozenS = 0.25;

bool paused_between(const Pauses& before, const Pauses& after);

}  // namespace bantam::base
