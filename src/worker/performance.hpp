#pragma once
// How long a model takes to load, cold and warm, each time sent to the parent as a trial. Knows nothing of
// what is opened.

#include <cstdint>
#include <filesystem>
#include <functional>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/result.hpp"
#include "engine/engine.hpp"
#include "job/channel.hpp"
#include "job/job.hpp"
#include "measure/scenario.hpp"

namespace bantam::worker {

// Sends each trial, and how each scenario ended.
class SendTrials final : public measure::TrialSink {
 public:
  explicit SendTrials(job::Channel& channel) : channel_(channel) {}
  base::Status on_trial(const record::Trial& trial) override;
  base::Status on_scenario_end(const measure::ScenarioEnd& end) override;

 private:
  job::Channel& channel_;
};

struct TimedLoads {
  std::filesystem::path gguf;
  std::function<base::Status()> open;  // opens the model, ready for the first request
  std::function<void()> close;         // frees what was opened; nothing when nothing is open
  const base::Clock& clock;
  std::int64_t start_ns = 0;  // what Trial::start_s counts from
};

// One cold load, then several warm ones. The model may be open or closed afterwards. A load that cannot be
// timed becomes a reason in `absent`, by metric name; a model that cannot be opened is an error.
base::Status time_loads(const TimedLoads& loads, measure::TrialSink& sink, base::Json& absent);

// The performance job of an encoder in the worker: loads timed cold and warm, then sequences embedded, each
// trial sent as it ends.

// The result message of work_on_performance(), with "encoder": true.
base::Result<base::Json> work_on_encoder(const job::PerformanceJob& job, job::Channel& channel,
                                         engine::Heartbeat* heartbeat);

// The performance job in the worker: loads timed cold and warm, then the workload, each trial sent as it
// ends. An encoder has a workload of its own (worker/performance.hpp).

// The result message: {"memory": {...}, "weights_resident_bytes": n, "absent": {metric: why}}.
base::Result<base::Json> work_on_performance(const job::PerformanceJob& job, job::Channel& channel,
                                             engine::Heartbeat* heartbeat);

}  // namespace bantam::worker
