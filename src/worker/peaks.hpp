#pragma once
// The measurement of this machine's rates, as done in the worker, which may die in it.

#include "base/json.hpp"
#include "base/result.hpp"
#include "engine/engine.hpp"
#include "job/channel.hpp"
#include "job/job.hpp"

namespace bantam::worker {

base::Result<base::Json> work_on_peaks(const job::PeaksJob& job, job::Channel& channel,
                                       engine::Heartbeat* heartbeat);

}  // namespace bantam::worker
