#pragma once
// `bantam recommend --measure`: the measurement that an answer names is made, and the question asked again.

#include <functional>
#include <optional>
#include <string>

#include "analyze/analysis.hpp"
#include "base/result.hpp"
#include "plan/options.hpp"
#include "recommend/recommend.hpp"

namespace bantam::cli {

struct Answered {
  analyze::Analysis analysis;
  recommend::Recommendation recommendation;
};

struct Measuring {
  plan::OptionValues places;            // store, folders and network of the runs
  std::optional<double> time_budget_s;  // of all runs together; absent: as long as it takes
};

// The line of a shell that makes the next measurement. A text, why there is none, otherwise.
tl::expected<std::string, std::string> next_command(const Answered& answered, const Measuring& measuring);

// Starts the run that the answer names and asks again, until the answer is decided by what was measured, the
// time is used, or no run tells more; why it ends is told on stderr. Returns the exit code where a signal has
// ended a run, nothing otherwise. The errors of run_plan() and of `ask`.
base::Result<std::optional<int>> measure_until_decided(Answered& answered, const Measuring& measuring,
                                                       const std::function<base::Result<Answered>()>& ask);

}  // namespace bantam::cli
