#pragma once
// llama-bench's two tests as its test_prompt() and test_gen() do them: no sampling, an empty cache, the same
// batches.

#include <cstdint>

#include "base/result.hpp"
#include "engine/llama_session.hpp"

namespace bantam::engine {

// Nanoseconds to compute `n_prompt` pseudo-random tokens in full batches.
base::Result<std::int64_t> llama_time_prompt(LlamaSession& session, int n_prompt);
// Nanoseconds to compute `n_gen` pseudo-random tokens one after the other.
base::Result<std::int64_t> llama_time_generation(LlamaSession& session, int n_gen);

}  // namespace bantam::engine
