#pragma once
// The similarity job in the worker: the model, the base and the embedding model opened one after the other,
// never two at once; items sent batch by batch.

#include "base/json.hpp"
#include "engine/engine.hpp"
#include "run/channel.hpp"
#include "run/job.hpp"

namespace bantam::run {

// The result message holds nothing beyond its type: everything was sent as items.
base::Result<base::Json> work_on_similarity(const SimilarityJob& job, Channel& channel,
                                            engine::Heartbeat* heartbeat);

}  // namespace bantam::run
