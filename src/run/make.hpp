#pragma once
// The file of one precision of a model: where it will be and what it depends on, and the making of it in a
// worker process, with the importance matrix that it needs.

#include <functional>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "job/interrupts.hpp"
#include "job/process.hpp"
#include "model/artifact.hpp"
#include "plan/plan.hpp"
#include "run/observer.hpp"

namespace bantam::run {

// How a worker's job ended before it gave a result; neither when it gave one.
struct Ended {
  bool interrupted = false;
  std::optional<base::Error> error;
  std::optional<std::string> signal;
};
Ended ended_by(const job::WorkerEnd& end);

struct Making {
  const model::Source& source;
  plan::Precision precision;
  plan::CalibrationSettings calibration;
  int threads = 1;
  double hang_timeout_s = 300.0;
};

// Makes the file in a worker when it is not in the cache (another process may have made it since it was
// planned), which makes the artifact ready. The first interrupt ends it. `interrupts` may be null.
Ended make_file(const Making& making, job::Interrupts* interrupts,
                const std::function<void(const Progress&)>& on_progress, model::Artifact& artifact);

}  // namespace bantam::run
