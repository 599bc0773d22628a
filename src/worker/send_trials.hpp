#pragma once
// Hands trials to the parent, which commits each before the worker goes on, and how each scenario ended.

#include <string>

#include "job/channel.hpp"
#include "measure/scenario.hpp"

namespace bantam::worker {

class SendTrials final : public measure::TrialSink {
 public:
  explicit SendTrials(job::Channel& channel) : channel_(channel) {}
  base::Status on_warm_up(const std::string& scenario) override;
  // Acknowledged: when it returns the parent keeps still.
  base::Status on_counting(const std::string& scenario) override;
  base::Status on_trial(const record::Trial& trial) override;
  base::Status on_scenario_end(const measure::ScenarioEnd& end) override;

 private:
  job::Channel& channel_;
};

}  // namespace bantam::worker
