#pragma once
// The performance job of an encoder in the worker: loads timed cold and warm, then sequences embedded, each
// trial sent as it ends.

#include "base/json.hpp"
#include "engine/engine.hpp"
#include "run/channel.hpp"
#include "run/job.hpp"

namespace bantam::run {

// The result message of work_on_performance(), with "encoder": true.
base::Result<base::Json> work_on_encoder(const PerformanceJob& job, Channel& channel,
                                         engine::Heartbeat* heartbeat);

}  // namespace bantam::run
