#pragma once
// Greedy decoding of several requests in lock-step, each token stamped when it is known.

#include <span>
#include <vector>

#include "base/result.hpp"
#include "engine/engine.hpp"
#include "engine/llama_session.hpp"

namespace bantam::engine {

base::Result<std::vector<Generation>> llama_generate(LlamaSession& session,
                                                     std::span<const GenerateRequest> requests,
                                                     const GenerateOptions& options);

}  // namespace bantam::engine
