#pragma once
// Log-likelihoods of continuations. Models whose sequences cannot share cells (recurrent, hybrid, sliding
// window) compute every path from an empty cache.

#include <span>
#include <vector>

#include "base/result.hpp"
#include "engine/engine.hpp"
#include "engine/llama_session.hpp"

namespace bantam::engine {

base::Result<std::vector<Score>> llama_score(LlamaSession& session, std::span<const ScoreRequest> requests);

}  // namespace bantam::engine
