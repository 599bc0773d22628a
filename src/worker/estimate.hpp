#pragma once
// The estimate of what a model takes, as done in the worker.

#include "base/json.hpp"
#include "base/result.hpp"
#include "job/job.hpp"

namespace bantam::worker {

// {"estimate"}: engine/llama/estimate.hpp.
base::Result<base::Json> work_on_estimate(const job::EstimateJob& job);

}  // namespace bantam::worker
