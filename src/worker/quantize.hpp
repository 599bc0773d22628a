#pragma once
// Making the file of one precision, as done in the worker: its importance matrix first, where it takes one.

#include "base/json.hpp"
#include "base/result.hpp"
#include "engine/engine.hpp"
#include "job/channel.hpp"
#include "job/job.hpp"

namespace bantam::worker {

// {"sha256", "identity", "importance"}: the last one where a matrix was used.
base::Result<base::Json> work_on_quantize(const job::QuantizeJob& job, job::Channel& channel,
                                          engine::Heartbeat* heartbeat);

}  // namespace bantam::worker
