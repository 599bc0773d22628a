#include "energy/gpu_figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>
#include <string_view>
#include <utility>

#include "base/clock.hpp"
#include "energy/bins.hpp"

namespace bantam::energy {
namespace {

using record::GpuSpan;
using record::GpuTrace;
using record::kGpuFigureFacts;
using record::kGpuFigures;

constexpr std::size_t kLeastReadings = 5;
constexpr double kMostFailed = 0.05;
constexpr double kGapIntervals = 5.0;
constexpr double kGapShare = 0.05;
constexpr double kLeastIntervalsOfBin = 2.5;  // so that none is empty though readings come a little late

// nvmlClocksEventReason* of nvml.h; bits that we do not know are left out.
struct ClockReason {
  std::uint64_t bit;
  std::string_view key;
};
constexpr auto kClockReasons = std::to_array<ClockReason>({{0x1, "gpu_idle"},
                                                           {0x2, "applications_clocks"},
                                                           {0x4, "sw_power_cap"},
                                                           {0x8, "hw_slowdown"},
                                                           {0x10, "sync_boost"},
                                                           {0x20, "sw_thermal_slowdown"},
                                                           {0x40, "hw_thermal_slowdown"},
                                                           {0x80, "hw_power_brake"},
                                                           {0x100, "display_clocks"}});

using Readings = std::span<const GpuReading>;

Readings within(const std::vector<GpuReading>& readings, const Window& window) {
  const auto from = std::ranges::lower_bound(readings, window.from_ns, {}, &GpuReading::time_ns);
  const auto to = std::ranges::upper_bound(readings, window.to_ns, {}, &GpuReading::time_ns);
  return from < to ? Readings(from, to) : Readings();
}

// Why the readings say nothing of the window as a whole; empty where they do.
std::string why_not_covered(Readings readings, const Window& window, double interval_s) {
  if (readings.size() < kLeastReadings)
    return fmt::format("it was read {} times in {:.3g} s, at least {} are needed", readings.size(),
                       window.length_s(), kLeastReadings);
  std::int64_t gap_ns = readings.front().time_ns - window.from_ns;
  for (std::size_t i = 1; i < readings.size(); ++i)
    gap_ns = std::max(gap_ns, readings[i].time_ns - readings[i - 1].time_ns);
  gap_ns = std::max(gap_ns, window.to_ns - readings.back().time_ns);
  const double most_s = std::max(kGapIntervals * interval_s, kGapShare * window.length_s());
  if (base::seconds(gap_ns) <= most_s) return {};
  return fmt::format("its readings have a gap of {:.3g} s", base::seconds(gap_ns));
}

// One figure, or the reasons for the clocks, of a reading.
struct Ask {
  std::function<GpuCode(const GpuReading&)> code;
  std::function<double(const GpuReading&)> value;
};

// Why a figure that is asked for has no value in the window; empty where it has.
std::string why_absent(const GpuReadings& told, Readings readings, const Ask& ask, std::string_view unit) {
  std::size_t failed = 0;
  GpuCode last = kGpuGood;
  for (const GpuReading& reading : readings) {
    const GpuCode code = ask.code(reading);
    if (code == kGpuImpossible && unit.empty()) return "it gave reasons that cannot be";
    if (code == kGpuImpossible)
      return fmt::format("it said {:.6g} {}, which cannot be", ask.value(reading), unit);
    if (code == kGpuGood) continue;
    ++failed;
    last = code;
  }
  if (static_cast<double>(failed) <= kMostFailed * static_cast<double>(readings.size())) return {};
  const auto text = told.faults.find(last);
  return fmt::format("{} ({} of {} readings)",
                     text == told.faults.end() ? fmt::format("error {}", last) : text->second, failed,
                     readings.size());
}

GpuSpan span_of(Readings readings, const Ask& ask) {
  GpuSpan span;
  double sum = 0.0;
  std::size_t count = 0;
  for (const GpuReading& reading : readings) {
    if (ask.code(reading) != kGpuGood) continue;
    const double value = ask.value(reading);
    span.min = count == 0 ? value : std::min(span.min, value);
    span.max = count == 0 ? value : std::max(span.max, value);
    sum += value;
    ++count;
  }
  span.mean = std::clamp(sum / static_cast<double>(count), span.min, span.max);
  return span;
}

bool has(const GpuReading& reading, const ClockReason& reason) {
  return (reading.reasons & reason.bit) != 0;
}

bool is_throttled(const GpuReading& reading) {
  return std::ranges::any_of(kClockReasons, [&reading](const ClockReason& reason) {
    return has(reading, reason) && record::is_throttling(reason.key);
  });
}

record::GpuThrottle throttle_of(Readings readings) {
  record::GpuThrottle throttle;
  double count = 0.0;
  bool before = false;
  for (const GpuReading& reading : readings) {
    if (reading.reasons_code != kGpuGood) continue;
    const bool now = is_throttled(reading);
    if (now && !before) ++throttle.times;
    before = now;
    count += 1.0;
    throttle.share += now ? 1.0 : 0.0;
    for (const ClockReason& reason : kClockReasons) {
      if (has(reading, reason)) throttle.shares[std::string(reason.key)] += 1.0;
    }
  }
  throttle.share /= count;
  for (auto& [reason, share] : throttle.shares) share /= count;
  return throttle;
}

GpuTrace::Series series_of(const std::vector<GpuReading>& readings, const Window& window, const Bins& bins,
                           const Ask& ask) {
  const auto edge_ns = [&](std::size_t bin) {
    return window.from_ns + std::llround(1e9 * (bins.begin_s() + bins.length_s * static_cast<double>(bin)));
  };
  GpuTrace::Series series;
  for (std::size_t bin = 0; bin < bins.count(); ++bin) {
    double sum = 0.0;
    double count = 0.0;
    for (const GpuReading& reading : within(readings, {edge_ns(bin), edge_ns(bin + 1) - 1})) {
      if (ask.code(reading) != kGpuGood) continue;
      sum += ask.value(reading);
      count += 1.0;
    }
    // Three digits behind the point are more than any GPU gives.
    series.push_back(count > 0.0 ? std::optional(1e-3 * std::round(1e3 * sum / count)) : std::nullopt);
  }
  return series;
}

Ask figure(std::size_t i) {
  return {[i](const GpuReading& reading) { return reading.codes[i]; },
          [i](const GpuReading& reading) { return reading.values[i]; }};
}

Ask throttling() {
  return {[](const GpuReading& reading) { return reading.reasons_code; },
          [](const GpuReading& reading) { return is_throttled(reading) ? 1.0 : 0.0; }};
}

}  // namespace

record::GpuLoad gpu_load(const GpuReadings& told, const Window& window, const Window& all) {
  const Readings readings = within(told.readings, window);
  record::GpuLoad load;
  load.name = told.facts.name;
  load.product = told.facts.product;
  load.interval_s = told.interval_s;
  load.readings = std::ssize(readings);
  load.memory_total_bytes = told.facts.memory_total_bytes;
  const std::string not_covered = why_not_covered(readings, window, told.interval_s);
  const Bins bins = bins_of(window, all, kLeastIntervalsOfBin * told.interval_s, record::kMostGpuBins);
  GpuTrace trace{bins.begin_s(), bins.length_s, window.length_s(), {}, {}};
  const auto why = [&](const std::string& never, const Ask& ask, std::string_view unit) {
    if (!never.empty()) return never;
    return not_covered.empty() ? why_absent(told, readings, ask, unit) : not_covered;
  };
  for (std::size_t i = 0; i < kGpuFigures; ++i) {
    std::string absent = why(told.facts.absent[i], figure(i), kGpuFigureFacts[i].unit);
    if (!absent.empty()) {
      load.absent[std::string(kGpuFigureFacts[i].key)] = std::move(absent);
      continue;
    }
    load.figures[i] = span_of(readings, figure(i));
    trace.means[i] = series_of(told.readings, window, bins, figure(i));
    load.trace = trace;
  }
  std::string absent = why(told.facts.no_reasons, throttling(), "");
  if (!absent.empty()) {
    load.absent[std::string(record::kGpuThrottleKey)] = std::move(absent);
  } else {
    load.throttle = throttle_of(readings);
    trace.throttled = series_of(told.readings, window, bins, throttling());
    load.trace = trace;
  }
  return load;
}

}  // namespace bantam::energy
