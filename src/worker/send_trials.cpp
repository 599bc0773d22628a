#include "worker/send_trials.hpp"

#include "job/messages.hpp"

namespace bantam::worker {

using base::Status;

Status SendTrials::on_warm_up(const std::string& scenario) {
  return channel_.send(job::PhaseBegun{.name = scenario + " warm-up"});
}

Status SendTrials::on_counting(const std::string& scenario) {
  return channel_.send_and_wait(job::PhaseBegun{.name = scenario, .timed = true});
}

Status SendTrials::on_trial(const record::Trial& trial) {
  return channel_.send_and_wait(job::TrialDone{trial});
}

Status SendTrials::on_scenario_end(const measure::ScenarioEnd& end) {
  return channel_.send(job::ScenarioEnded{measure::sentence(end)});
}

}  // namespace bantam::worker
