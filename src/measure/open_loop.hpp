#pragma once
// The scenario poisson: requests that arrive on their own, whether or not earlier ones are done. Knows
// nothing of what its trials are summarized to (measure/serving_figures.hpp).

#include <cstdint>
#include <functional>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "engine/engine.hpp"
#include "measure/scenario.hpp"
#include "plan/plan.hpp"

namespace bantam::measure {

inline constexpr std::int64_t kFewestRequests = 6;  // of a block whose share of the time holds fewer
inline constexpr std::int64_t kMostRequests = 1000;

// How many requests a block has: its forced number of runs, or those that arrive in its share of the time.
std::int64_t requests_in_block(const plan::PerformanceSettings& block);

// Nanoseconds from the first of `count` arrivals to each, of a Poisson process with `rate` per second:
// exponential gaps, drawn as Python's random.Random(round).expovariate(rate) draws them. The same for every
// precision in one round, so that blocks can be compared in pairs.
std::vector<std::int64_t> arrival_schedule(double rate, std::int64_t count, std::int64_t round);

// Serves one request at each time of the schedule, in nanoseconds from the first.
using ServeArrivals = std::function<base::Result<record::Trial>(const std::vector<std::int64_t>& schedule)>;

// What measure_poisson() does, whoever serves the requests.
base::Status run_poisson(const ServeArrivals& serve, const plan::PerformanceSettings& settings,
                         std::int64_t round, const base::Clock& clock, std::int64_t origin_ns,
                         TrialSink& sink);

// One counted trial, all arrivals of the block of this round; before it warm-ups, at least one, in which
// batch_size requests arrive at once. A stream of the trial counts from its scheduled arrival, also where it
// had to wait for its turn; Stream::arrival_ns counts from the first. Errors: the engine's and the sink's.
base::Status measure_poisson(engine::Engine& engine, const plan::PerformanceSettings& settings,
                             const engine::GenerateRequest& request, std::int64_t round,
                             const base::Clock& clock, std::int64_t origin_ns, TrialSink& sink);

}  // namespace bantam::measure
