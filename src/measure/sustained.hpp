#pragma once
// The scenario sustained: one request after the other without a pause, for minutes. Knows nothing of what its
// trials are summarized to (measure/sustained_figures.hpp).

#include <cstdint>
#include <filesystem>
#include <functional>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/result.hpp"
#include "engine/engine.hpp"
#include "measure/scenario.hpp"
#include "plan/plan.hpp"

namespace bantam::measure {

// Requests one by one, at least one, until `least_s` seconds have passed, as one trial.
using ServeInARow = std::function<base::Result<record::Trial>(double least_s)>;

// What measure_sustained() does, whoever serves the requests.
base::Status run_sustained(const ServeInARow& serve, const plan::PerformanceSettings& settings,
                           const base::Clock& clock, std::int64_t origin_ns, TrialSink& sink);

// Requests one by one for sustained_s. A trial holds as many whole requests as fill a second, or a
// two-hundredth of the time where that is longer; Stream::arrival_ns says when each was handed over, since
// the trial began. Its counters hold thermal_counters() as it ended. Warm-ups, by default one, are single
// requests. Errors: the engine's and the sink's.
base::Status measure_sustained(engine::Engine& engine, const plan::PerformanceSettings& settings,
                               const engine::GenerateRequest& request, const base::Clock& clock,
                               std::int64_t origin_ns, TrialSink& sink);

// How hot and how fast the CPU is: "temperature_c", the hottest thermal zone in degrees Celsius, and
// "cpu_frequency_hz", the mean over CPUs. A figure that cannot be read is a missing key. `root` stands before
// /sys.
inline constexpr const char* kTemperatureKey = "temperature_c";
base::Json thermal_counters(const std::filesystem::path& root = "/");

}  // namespace bantam::measure
