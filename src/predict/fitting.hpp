#pragma once
// Which options make a model fit that does not fit as it was asked for, and what they cost. Tries few: each
// option by itself, then pairs, the mildest first. Knows nothing of how a plan is estimated.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "engine/llama/estimate.hpp"
#include "job/jobs.hpp"
#include "predict/speed.hpp"

namespace bantam::predict {

// Options with which it fits.
struct Way {
  std::string options;  // as they are typed: "--batch-size 2 --no-repack"
  std::string cost;     // beside speed: "at most 2 requests at once"
  engine::Estimate estimate;
  std::int64_t margin_bytes = 0;
  std::optional<Speed> single;  // as of a Prediction
  std::optional<Speed> batch;
  bool with_draft = false;  // the draft model of the Prediction stays beside it
};

struct Ways {
  std::vector<Way> ways;  // of single options, one for each kind that is enough; else the first pair
  std::optional<std::string> none;  // why there is no way; absent when there is
};

using Estimator = std::function<base::Result<engine::Estimate>(const job::EstimateJob&)>;

// `as_asked` is the estimate of `job`, which does not fit into the budget. A try that the engine refuses is
// no way; other errors of `estimate` are passed on.
base::Result<Ways> find_ways(const job::EstimateJob& job, const engine::Estimate& as_asked,
                             std::int64_t budget_bytes, const Estimator& estimate);

}  // namespace bantam::predict
