#pragma once
// How long a model takes to load, cold and warm, each time sent to the parent as a trial. Knows nothing of
// what is opened.

#include <cstdint>
#include <filesystem>
#include <functional>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/result.hpp"
#include "measure/scenario.hpp"
#include "run/channel.hpp"

namespace bantam::run {

// Sends each trial, and how each scenario ended.
class SendTrials final : public measure::TrialSink {
 public:
  explicit SendTrials(Channel& channel) : channel_(channel) {}
  base::Status on_trial(const record::Trial& trial) override;
  base::Status on_scenario_end(const measure::ScenarioEnd& end) override;

 private:
  Channel& channel_;
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

}  // namespace bantam::run
