#pragma once
// How busy a GPU was in one block, and what held its clocks down: kept with the block, and of the one that
// stands for a cell in the record (task_info.energy.gpus). Knows nothing of how a GPU is asked.

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace bantam::record {

inline constexpr std::size_t kMostGpus = 64;
inline constexpr std::size_t kMostGpuBins = 200;

enum class GpuFigure : std::uint8_t {
  utilization,         // share of the time in which a kernel ran
  memory_utilization,  // share of the time in which its memory was read or written
  sm_clock,
  memory_clock,
  memory_used,
  temperature,
};
inline constexpr std::size_t kGpuFigures = 6;

struct GpuFigureFacts {
  std::string_view key;    // in JSON, with its unit
  std::string_view title;  // for people
  std::string_view unit;
  double most = 0.0;  // more cannot be
};
// In the order of GpuFigure.
inline constexpr std::array<GpuFigureFacts, kGpuFigures> kGpuFigureFacts{{
    {"utilization_percent", "utilization", "%", 100.0},
    {"memory_utilization_percent", "memory controller", "%", 100.0},
    {"sm_clock_mhz", "SM clock", "MHz", 20'000.0},
    {"memory_clock_mhz", "memory clock", "MHz", 50'000.0},
    {"memory_used_bytes", "memory used", "B", 1e15},
    {"temperature_c", "temperature", "°C", 200.0},
}};
// The key of what held the clocks down among the figures, for GpuLoad::absent.
inline constexpr std::string_view kGpuThrottleKey = "throttle";

// Of the readings in the window.
struct GpuSpan {
  double mean = 0.0;
  double min = 0.0;
  double max = 0.0;
  bool operator==(const GpuSpan&) const = default;
};

// Whether this reason for lower clocks means that a GPU is too hot or short of power, so that its speed is
// not what it could be: not an idle GPU, nor clocks or a power limit that somebody has set.
bool is_throttling(std::string_view reason);

struct GpuThrottle {
  // Share of the readings with each reason that was seen: "sw_power_cap", "hw_thermal_slowdown".
  std::map<std::string, double> shares;
  double share = 0.0;      // of the readings with any reason for which is_throttling()
  std::int64_t times = 0;  // that it began, also before the window
  bool operator==(const GpuThrottle&) const = default;
};

// Over time. All times are in seconds since the window's begin, as in PowerTrace.
struct GpuTrace {
  double begin_s = 0.0;   // of the first bin: 0, or a whole number of bins before
  double bin_s = 0.0;     // length of every bin
  double window_s = 0.0;  // a whole number of bins
  // The mean of the readings of each bin, 1 to kMostGpuBins; absent in a bin without a reading. Empty for a
  // figure that is absent.
  using Series = std::vector<std::optional<double>>;
  std::array<Series, kGpuFigures> means;
  Series throttled;  // share of the readings; empty where it is absent
  bool operator==(const GpuTrace&) const = default;
};

struct GpuLoad {
  std::string name;     // "nvml:0", as the source of its energy
  std::string product;  // "NVIDIA H100"
  double interval_s = 0.0;
  std::int64_t readings = 0;  // in the window
  std::optional<std::int64_t> memory_total_bytes;
  std::array<std::optional<GpuSpan>, kGpuFigures> figures;  // each may be absent
  std::optional<GpuThrottle> throttle;
  std::map<std::string, std::string> absent;  // key of a figure, or kGpuThrottleKey -> why it is not there
  std::optional<GpuTrace> trace;              // of one block of a cell only
  bool operator==(const GpuLoad&) const = default;
};

// "too hot (hw_thermal_slowdown) 34 % of the time" for each reason that is_throttling(); empty without one.
std::string throttling_text(const GpuThrottle& throttle);

// Adds a window of the same GPU: means are weighted by readings, a figure that one of them lacks is absent,
// and there is no trace.
void add_gpu_load(GpuLoad& sum, const GpuLoad& part);

base::Json to_json(const GpuLoad& load);
// bad_input, saying what is wrong: a figure that is not finite, negative or more than can be, a mean outside
// its limits, shares that are none, series of different lengths or of too many bins.
base::Result<GpuLoad> gpu_load_from(const base::Json& json);

}  // namespace bantam::record
