#pragma once
// One scenario of a workload: something repeated until the plan's rule is met, each repetition handed out as
// a raw trial. Knows nothing of what is repeated, of storage, or of what the trials will be summarized to.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "plan/plan.hpp"
#include "record/record.hpp"

namespace bantam::measure {

inline constexpr std::int64_t kFewestTrials = 6;  // a median has no 95 % interval below
inline constexpr std::int64_t kMostTrials = 500;
// A scenario with more trials that do not count ends, unless the gate of pauses says otherwise.
inline constexpr std::int64_t kMostDisturbed = 5;

enum class StopRule { forced_count, interval_reached, time_budget, count_limit, disturbed };
std::string_view name(StopRule rule);

struct ScenarioEnd {
  std::string scenario;
  StopRule rule = StopRule::forced_count;
  std::int64_t counted_trials = 0;
  std::optional<double> relative_interval;  // of the median latency; absent below kFewestTrials
};
// "single_stream: 37 trials, ended by interval_reached (interval 0.9 % of the median)"
std::string sentence(const ScenarioEnd& end);

// Receives what happens, between trials and never inside a timed region; may take its time. An error from it
// ends the workload and is handed on: so a stop request gets through.
class TrialSink {
 public:
  virtual ~TrialSink() = default;
  // The warm-up begins, which is not counted.
  virtual base::Status on_warm_up(const std::string& /*scenario*/) { return {}; }
  // The warm-up is over: what comes next is counted.
  virtual base::Status on_counting(const std::string& /*scenario*/) { return {}; }
  virtual base::Status on_trial(const record::Trial& trial) = 0;
  virtual base::Status on_scenario_end(const ScenarioEnd& end) = 0;
};

// Fills a trial's wall_s and streams or tokens, and counters of its own; the timed region lies inside.
using Repetition = std::function<base::Result<record::Trial>()>;

// Warm-up trials first, then the counted ones (measure/workload.hpp says how many of each). A trial in which
// the program was paused is handed out as disturbed and repeated. Trial::start_s counts from the clock's
// value `origin_ns`. Errors: the repetition's and the sink's.
base::Status run_scenario(std::string scenario, const Repetition& repetition,
                          const plan::PerformanceSettings& settings, const base::Clock& clock,
                          std::int64_t origin_ns, TrialSink& sink);

}  // namespace bantam::measure
