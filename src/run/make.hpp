#pragma once
// The file of one precision of a model: where it will be and what it depends on, and the making of it in a
// worker process, with the importance matrix that it needs.

#include <functional>

#include "base/result.hpp"
#include "job/interrupts.hpp"
#include "job/process.hpp"
#include "model/artifact.hpp"
#include "plan/plan.hpp"
#include "run/observer.hpp"

namespace bantam::run {

struct Making {
  const model::Source& source;
  plan::Precision precision;
  plan::CalibrationSettings calibration;
  int threads = 1;
  double hang_timeout_s = 300.0;
};

// Makes the file in a worker when it is not in the cache (another process may have made it since it was
// planned), which makes the artifact ready. The first interrupt ends it. `interrupts` may be null. The errors
// of the worker; integrity when the source or its calibration text changed meanwhile.
base::Status make_file(const Making& making, job::Interrupts* interrupts,
                       const std::function<void(const Progress&)>& on_progress, model::Artifact& artifact);

}  // namespace bantam::run
