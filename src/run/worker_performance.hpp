#pragma once
// The performance job in the worker: loads timed cold and warm, then the workload, each trial sent as it
// ends. An encoder has a workload of its own (run/worker_encoder.hpp).

#include "base/json.hpp"
#include "engine/engine.hpp"
#include "run/channel.hpp"
#include "run/job.hpp"

namespace bantam::run {

// The result message: {"memory": {...}, "weights_resident_bytes": n, "absent": {metric: why}}.
base::Result<base::Json> work_on_performance(const PerformanceJob& job, Channel& channel,
                                             engine::Heartbeat* heartbeat);

}  // namespace bantam::run
