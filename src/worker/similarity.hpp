#pragma once
// The similarity job in the worker: the model, the base and the embedding model opened one after the other,
// never two at once; items sent batch by batch.

#include "base/json.hpp"
#include "engine/engine.hpp"
#include "job/channel.hpp"
#include "job/job.hpp"

namespace bantam::worker {

// The result message holds nothing beyond its type: everything was sent as items.
base::Result<base::Json> work_on_similarity(const job::SimilarityJob& job, job::Channel& channel,
                                            engine::Heartbeat* heartbeat);

}  // namespace bantam::worker
