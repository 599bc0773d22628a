#pragma once
// Making the file of one precision, as done in the worker: its importance matrix first, where it takes one.

#include "base/json.hpp"
#include "base/result.hpp"
#include "engine/engine.hpp"
#include "run/channel.hpp"
#include "run/job.hpp"

namespace bantam::run {

// {"sha256", "identity", "importance"}: the last one where a matrix was used.
base::Result<base::Json> work_on_quantize(const QuantizeJob& job, Channel& channel,
                                          engine::Heartbeat* heartbeat);

}  // namespace bantam::run
