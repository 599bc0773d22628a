#pragma once
// The body of a fidelity job: both precisions of a model, side by side in this process.

#include "engine/engine.hpp"
#include "job/channel.hpp"
#include "job/job.hpp"

namespace bantam::worker {

base::Result<base::Json> work_on_fidelity(const job::FidelityJob& job, job::Channel& channel,
                                          engine::Heartbeat* heartbeat);

}  // namespace bantam::worker
