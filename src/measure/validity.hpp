#pragma once
// Was the machine quiet while we measured? Snapshots around a timed region, and gates that turn what happened
// in between into warnings or reasons to call a measurement invalid, each with its number. Data are always
// kept. Knows nothing of engines or metrics.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/pauses.hpp"
#include "measure/counters.hpp"
#include "record/record.hpp"
#include "stats/spread.hpp"

namespace bantam::measure {

// Seconds are sums over all CPUs since the machine started, by the clock tick (10 ms).
struct MachineTimes {
  std::optional<double> total_s;
  std::optional<double> busy_s;   // work of any program and of the kernel; not idle, not stolen
  std::optional<double> steal_s;  // wanted by us, given to another guest by the hypervisor
  std::optional<std::int64_t> swapped_in_pages;
  std::optional<std::int64_t> throttle_count;  // times that a core or package was throttled (x86)
  std::optional<std::int64_t> throttle_flags;  // of a Raspberry Pi's firmware: bits now, and ever (<< 16)
};

struct Snapshot {
  Counters own;
  MachineTimes machine;
  base::Pauses pauses;
};
Snapshot read_snapshot(const std::filesystem::path& proc = "/proc",
                       const std::filesystem::path& sys = "/sys");

// What happened between two snapshots, or in several such windows together. Absent: not known.
struct Window {
  std::optional<double> total_s;
  std::optional<double> steal_s;
  std::optional<double>
      others_s;  // CPU time of everyone but us; the ticks' rounding can make it slightly negative
  std::optional<std::int64_t> swapped_in_pages;
  std::optional<std::int64_t> major_faults;  // ours
  std::optional<double> suspended_s;
  std::optional<std::int64_t> stops;  // of our program, by a signal
  std::optional<double> frozen_s;     // our program, without a signal
  std::optional<std::int64_t> throttle_events = {};
};
Window window_between(const Snapshot& before, const Snapshot& after);
// A member is known of the sum only if it is known of all of them.
Window total(std::span<const Window> windows);

// As kept in Trial::counters. major_faults is among the counters themselves.
base::Json to_json(const Window& window);
Window window_from(const base::Json& counters);

// Seconds that a fixed chain of dependent multiplications takes (best of three, about 0.3 ms each): a
// stand-in for the CPU's frequency where cpufreq cannot be read.
double spin_probe_s(const base::Clock& clock);
inline constexpr const char* kSpinProbeKey = "spin_probe_s";

struct Gate {
  double warn_above = 0.0;
  std::optional<double> invalid_above;  // absent: never more than a warning
};

// By default paging and throttling warn and do not invalidate: they are part of what a small device is like.
// The gates of a block are stricter (measure/block.hpp).
struct Gates {
  Gate steal_share{0.05, {}};
  Gate others_share{0.05, {}};
  Gate spin_drift{0.02, {}};
  Gate major_faults{0.0, {}};
  Gate swapped_in_pages{0.0, {}};
  Gate suspended_s{base::kLeastSuspendedS, base::kLeastSuspendedS};
  Gate stops{0.0, 0.0};
  Gate frozen_s{0.0, 0.0};
  Gate throttle_events{0.0, {}};
  Gate paused_runs{0.0, 5.0};  // runs of a scenario that do not count for one of the three above
  double least_total_s = 2.0;  // CPU seconds below which clock ticks are too coarse to judge shares
};

struct Validity {
  std::vector<std::string> reasons;  // why invalid
  std::vector<std::string> warnings;

  void add(Validity more);
};
// `what` names the window in the messages ("single_stream").
Validity judge(const std::string& what, const Window& window, const Gates& gates);

// Why a duration with this window around it is not that of the work; absent: it may be.
std::optional<std::string> disturbance(const Window& window, const Gates& gates = {});
// The same of a trial, from its counters.
std::optional<std::string> disturbance(const record::Trial& trial);
// CPU seconds of a window below which the clock's ticks do not tell who had them.
inline constexpr double kLeastWindowS = 0.5;

// The spread of something that was timed in this window, with the share of the CPUs that the hypervisor and
// other programs took, each where it is above its gate's warning: on a quiet machine the time is less by as
// much.
stats::Spread with_disturbance(const stats::Spread& spread, const Window& window, const Gates& gates = {});
// Compares the best probe of the first quarter with that of the last, in the order measured. Says nothing
// below two.
Validity judge_spin_probes(const std::string& what, std::span<const double> probes_s, const Gates& gates);

}  // namespace bantam::measure
