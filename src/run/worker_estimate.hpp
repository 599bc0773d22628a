#pragma once
// The estimate of what a model takes, as done in the worker.

#include "base/json.hpp"
#include "base/result.hpp"
#include "run/job.hpp"

namespace bantam::run {

// {"estimate"}: engine/llama_estimate.hpp.
base::Result<base::Json> work_on_estimate(const EstimateJob& job);

}  // namespace bantam::run
