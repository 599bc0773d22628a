#include "measure/validity.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <iterator>
#include <limits>
#include <string_view>

#include "base/text.hpp"
#include "device/kernel_files.hpp"

namespace bantam::measure {
namespace {

constexpr const char* kTotalKey = "machine_total_s";
constexpr const char* kStealKey = "machine_steal_s";
constexpr const char* kOthersKey = "machine_others_s";
constexpr const char* kSwapKey = "swapped_in_pages";
constexpr const char* kFaultsKey = "major_faults";
constexpr const char* kSuspendedKey = "suspended_s";
constexpr const char* kStopsKey = "stops";
constexpr const char* kFrozenKey = "frozen_s";
constexpr const char* kThrottleKey = "throttle_events";

// The first line of proc/stat: user nice system idle iowait irq softirq steal guest guest_nice, in clock
// ticks; guest time is part of user time.
void read_cpu_times(const std::filesystem::path& proc, MachineTimes& times) {
  const auto line = device::field(device::read_text(proc / "stat").value_or(""), "cpu");
  if (!line) return;
  std::array<double, 8> ticks{};
  const auto columns = device::words(*line);
  if (columns.size() < ticks.size()) return;
  for (std::size_t i = 0; i < ticks.size(); ++i) {
    ticks[i] = static_cast<double>(base::parse_integer(columns[i]).value_or(0));
  }
  const auto [user, nice, system, idle, iowait, irq, softirq, steal] = ticks;
  const double ticks_per_s = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const double busy = user + nice + system + irq + softirq;
  times.busy_s = busy / ticks_per_s;
  times.steal_s = steal / ticks_per_s;
  times.total_s = (busy + idle + iowait + steal) / ticks_per_s;
}

// The kernel counts for each core, and for each package in the files of all of its cores.
std::optional<std::int64_t> throttle_count(const std::filesystem::path& sys) {
  const std::filesystem::path folder = sys / "devices/system/cpu";
  if (!device::read_integer(folder / "cpu0/thermal_throttle/core_throttle_count")) return std::nullopt;
  std::int64_t of_cores = 0;
  std::int64_t of_package = 0;
  for (const std::string& name : device::names_in(folder)) {
    const std::filesystem::path counts = folder / name / "thermal_throttle";
    of_cores += device::read_integer(counts / "core_throttle_count").value_or(0);
    of_package = std::max(of_package, device::read_integer(counts / "package_throttle_count").value_or(0));
  }
  return of_cores + of_package;
}

// devices/platform/soc/soc:firmware/get_throttled, in hexadecimal digits.
std::optional<std::int64_t> throttle_flags(const std::filesystem::path& sys) {
  const std::filesystem::path platform = sys / "devices/platform";
  for (const char* folder : {"soc/soc:firmware", "soc@107c000000/soc@107c000000:firmware"}) {
    const auto text = device::read_text(platform / folder / "get_throttled");
    if (!text) continue;
    std::int64_t flags = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), flags, 16);
    if (error == std::errc() && end == text->data() + text->size()) return flags;
  }
  return std::nullopt;
}

// Bits of the firmware's flags, now; the same 16 places higher: since the machine's start.
constexpr std::int64_t kSlowedBits = 0b1110;  // frequency capped, throttled, near the limit of temperature

std::optional<std::int64_t> throttle_events(const MachineTimes& before, const MachineTimes& after) {
  std::optional<std::int64_t> events;
  if (before.throttle_count && after.throttle_count) events = *after.throttle_count - *before.throttle_count;
  if (before.throttle_flags && after.throttle_flags) {
    const std::int64_t fresh = (*after.throttle_flags & ~*before.throttle_flags) >> 16;
    const auto seen = static_cast<std::uint64_t>((*after.throttle_flags | fresh) & kSlowedBits);
    events = events.value_or(0) + std::popcount(seen);
  }
  return events;
}

template <typename T>
std::optional<T> difference(const std::optional<T>& before, const std::optional<T>& after) {
  if (!before || !after) return std::nullopt;
  return *after - *before;
}

std::optional<double> own_cpu_s(const Counters& own) {
  if (!own.user_s || !own.system_s) return std::nullopt;
  return *own.user_s + *own.system_s;
}

template <typename T>
void add(std::optional<T>& sum, const std::optional<T>& part) {
  if (sum && part) {
    *sum += *part;
  } else {
    sum.reset();
  }
}

std::string percent(double share) {
  return fmt::format("{:.1f} %", share * 100.0);
}

std::string frozen(double seconds) {
  return fmt::format("the program was frozen for {:.1f} s, as a paused container is", seconds);
}

void apply(const Gate& gate, double value, const std::string& message, Validity& validity) {
  if (gate.invalid_above && value > *gate.invalid_above) {
    validity.reasons.push_back(message);
  } else if (value > gate.warn_above) {
    validity.warnings.push_back(message);
  }
}

}  // namespace

Snapshot read_snapshot(const std::filesystem::path& proc, const std::filesystem::path& sys) {
  Snapshot snapshot;
  snapshot.own = read_counters(std::nullopt, proc);
  read_cpu_times(proc, snapshot.machine);
  snapshot.machine.swapped_in_pages =
      device::integer_field(device::read_text(proc / "vmstat").value_or(""), "pswpin");
  snapshot.machine.throttle_count = throttle_count(sys);
  snapshot.machine.throttle_flags = throttle_flags(sys);
  snapshot.pauses = base::pauses();
  return snapshot;
}

Window window_between(const Snapshot& before, const Snapshot& after) {
  Window window;
  window.total_s = difference(before.machine.total_s, after.machine.total_s);
  window.steal_s = difference(before.machine.steal_s, after.machine.steal_s);
  window.swapped_in_pages = difference(before.machine.swapped_in_pages, after.machine.swapped_in_pages);
  window.major_faults = difference(before.own.major_faults, after.own.major_faults);
  window.suspended_s = difference(before.pauses.suspended_s, after.pauses.suspended_s);
  window.stops = difference(before.pauses.stops, after.pauses.stops);
  window.frozen_s = difference(before.pauses.frozen_s, after.pauses.frozen_s);
  window.throttle_events = throttle_events(before.machine, after.machine);
  const auto busy_s = difference(before.machine.busy_s, after.machine.busy_s);
  const auto own_s = difference(own_cpu_s(before.own), own_cpu_s(after.own));
  if (busy_s && own_s) window.others_s = *busy_s - *own_s;
  return window;
}

Window total(std::span<const Window> windows) {
  if (windows.empty()) return {};
  Window sum = windows.front();
  for (const Window& window : windows.subspan(1)) {
    add(sum.total_s, window.total_s);
    add(sum.steal_s, window.steal_s);
    add(sum.others_s, window.others_s);
    add(sum.swapped_in_pages, window.swapped_in_pages);
    add(sum.major_faults, window.major_faults);
    add(sum.suspended_s, window.suspended_s);
    add(sum.stops, window.stops);
    add(sum.frozen_s, window.frozen_s);
    add(sum.throttle_events, window.throttle_events);
  }
  return sum;
}

base::Json to_json(const Window& window) {
  base::Json json = base::Json::object();
  if (window.total_s) json[kTotalKey] = *window.total_s;
  if (window.steal_s) json[kStealKey] = *window.steal_s;
  if (window.others_s) json[kOthersKey] = *window.others_s;
  if (window.swapped_in_pages) json[kSwapKey] = *window.swapped_in_pages;
  if (window.major_faults) json[kFaultsKey] = *window.major_faults;
  if (window.suspended_s) json[kSuspendedKey] = *window.suspended_s;
  if (window.stops) json[kStopsKey] = *window.stops;
  if (window.frozen_s) json[kFrozenKey] = *window.frozen_s;
  if (window.throttle_events) json[kThrottleKey] = *window.throttle_events;
  return json;
}

Window window_from(const base::Json& counters) {
  return {base::number_at(counters, kTotalKey),    base::number_at(counters, kStealKey),
          base::number_at(counters, kOthersKey),   base::integer_at(counters, kSwapKey),
          base::integer_at(counters, kFaultsKey),  base::number_at(counters, kSuspendedKey),
          base::integer_at(counters, kStopsKey),   base::number_at(counters, kFrozenKey),
          base::integer_at(counters, kThrottleKey)};
}

std::optional<std::string> disturbance(const record::Trial& trial) {
  return disturbance(window_from(trial.counters));
}

double spin_probe_s(const base::Clock& clock) {
  constexpr int kRepeats = 3;
  constexpr int kSteps = 200'000;
  std::int64_t best_ns = std::numeric_limits<std::int64_t>::max();
  // The result is written to a volatile, so that the chain cannot be left out.
  volatile std::uint64_t sink = 0;
  for (int repeat = 0; repeat < kRepeats; ++repeat) {
    std::uint64_t state = sink + 1;
    const std::int64_t begin_ns = clock.now_ns();
    for (int step = 0; step < kSteps; ++step) state = state * 6364136223846793005U + 1442695040888963407U;
    sink = state;
    best_ns = std::min(best_ns, clock.now_ns() - begin_ns);
  }
  return base::seconds(best_ns);
}

void Validity::add(Validity more) {
  std::ranges::move(more.reasons, std::back_inserter(reasons));
  std::ranges::move(more.warnings, std::back_inserter(warnings));
}

Validity judge(const std::string& what, const Window& window, const Gates& gates) {
  Validity validity;
  if (window.total_s && *window.total_s >= gates.least_total_s) {
    if (window.steal_s) {
      const double share = *window.steal_s / *window.total_s;
      apply(gates.steal_share, share,
            fmt::format("{}: the hypervisor took {} of the CPU time (steal)", what, percent(share)),
            validity);
    }
    if (window.others_s) {
      const double share = *window.others_s / *window.total_s;
      apply(gates.others_share, share,
            fmt::format("{}: other programs used {} of the CPU time", what, percent(share)), validity);
    }
  }
  if (window.major_faults) {
    apply(gates.major_faults, static_cast<double>(*window.major_faults),
          fmt::format("{}: {} page faults waited for the disk after the warm-up", what, *window.major_faults),
          validity);
  }
  if (window.swapped_in_pages) {
    apply(gates.swapped_in_pages, static_cast<double>(*window.swapped_in_pages),
          fmt::format("{}: {} pages were read back from swap", what, *window.swapped_in_pages), validity);
  }
  if (window.suspended_s) {
    apply(gates.suspended_s, *window.suspended_s,
          fmt::format("{}: the machine was suspended for {:.1f} s", what, *window.suspended_s), validity);
  }
  if (window.stops) {
    apply(gates.stops, static_cast<double>(*window.stops),
          fmt::format("{}: the program was stopped by a signal and continued", what), validity);
  }
  if (window.frozen_s) {
    apply(gates.frozen_s, *window.frozen_s, fmt::format("{}: {}", what, frozen(*window.frozen_s)), validity);
  }
  if (window.throttle_events) {
    apply(gates.throttle_events, static_cast<double>(*window.throttle_events),
          fmt::format("{}: the processor was throttled {} {}", what, *window.throttle_events,
                      *window.throttle_events == 1 ? "time" : "times"),
          validity);
  }
  return validity;
}

std::optional<std::string> disturbance(const Window& window, const Gates& gates) {
  if (window.stops && static_cast<double>(*window.stops) > gates.stops.invalid_above.value_or(0.0))
    return "the program was stopped by a signal and continued";
  if (window.suspended_s && *window.suspended_s > gates.suspended_s.invalid_above.value_or(0.0))
    return fmt::format("the machine was suspended for {:.1f} s", *window.suspended_s);
  if (window.frozen_s && *window.frozen_s > gates.frozen_s.invalid_above.value_or(0.0))
    return frozen(*window.frozen_s);
  return std::nullopt;
}

stats::Spread with_disturbance(const stats::Spread& spread, const Window& window, const Gates& gates) {
  stats::Spread widened = spread;
  if (!window.total_s || *window.total_s < kLeastWindowS) return widened;
  const auto take = [&](const std::optional<double>& taken_s, const Gate& gate) {
    const double share = taken_s.value_or(0.0) / *window.total_s;
    if (share > gate.warn_above) widened = stats::with_share(widened, 1.0 - share);
  };
  take(window.steal_s, gates.steal_share);
  take(window.others_s, gates.others_share);
  return widened;
}

Validity judge_spin_probes(const std::string& what, std::span<const double> probes_s, const Gates& gates) {
  Validity validity;
  if (probes_s.size() < 2) return validity;
  const std::size_t quarter = std::max<std::size_t>(1, probes_s.size() / 4);
  const double first = *std::ranges::min_element(probes_s.first(quarter));
  const double last = *std::ranges::min_element(probes_s.last(quarter));
  if (first <= 0.0) return validity;
  const double drift = last / first - 1.0;
  apply(gates.spin_drift, std::abs(drift),
        fmt::format(
            "{}: a fixed computation took {:+.1f} % more time at the end than at the start (CPU frequency?)",
            what, drift * 100.0),
        validity);
  return validity;
}

}  // namespace bantam::measure
