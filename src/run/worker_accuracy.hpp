#pragma once
// The accuracy job in the worker: the engine opened large enough for the task, its items sent batch by batch.

#include "base/json.hpp"
#include "engine/engine.hpp"
#include "run/channel.hpp"
#include "run/job.hpp"

namespace bantam::run {

// The result message holds nothing beyond its type: everything was sent as items.
base::Result<base::Json> work_on_accuracy(const AccuracyJob& job, Channel& channel,
                                          engine::Heartbeat* heartbeat);

}  // namespace bantam::run
