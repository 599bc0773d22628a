#pragma once
// The measurement of this machine's rates, as done in the worker, which may die in it.

#include "base/json.hpp"
#include "base/result.hpp"
#include "engine/engine.hpp"
#include "run/channel.hpp"
#include "run/job.hpp"

namespace bantam::run {

base::Result<base::Json> work_on_peaks(const PeaksJob& job, Channel& channel, engine::Heartbeat* heartbeat);

}  // namespace bantam::run
