#pragma once
// The job of comparing answers in the worker: token vectors or embeddings of answers and references, the
// values sent batch by batch.

#include "base/json.hpp"
#include "engine/engine.hpp"
#include "job/channel.hpp"
#include "job/job.hpp"

namespace bantam::worker {

// The result message holds nothing beyond its type: everything was sent as additions.
base::Result<base::Json> work_on_compare(const job::CompareJob& job, job::Channel& channel,
                                         engine::Heartbeat* heartbeat);

}  // namespace bantam::worker
