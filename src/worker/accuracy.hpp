#pragma once
// The accuracy job in the worker: the engine opened large enough for the task, its items sent batch by batch.

#include "base/json.hpp"
#include "engine/engine.hpp"
#include "job/channel.hpp"
#include "job/job.hpp"

namespace bantam::worker {

// The result message holds nothing beyond its type: everything was sent as items.
base::Result<base::Json> work_on_accuracy(const job::AccuracyJob& job, job::Channel& channel,
                                          engine::Heartbeat* heartbeat);

}  // namespace bantam::worker
