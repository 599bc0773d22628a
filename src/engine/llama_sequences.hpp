#pragma once
// Whole sequences handed to a session in the encoding shape.

#include <span>
#include <vector>

#include "base/result.hpp"
#include "engine/engine.hpp"
#include "engine/llama_session.hpp"

namespace bantam::engine {

// Computes all sequences at once and waits for the end. bad_input when one is empty or longer than
// request_tokens, when one has an unknown token, or when there are more than the capacity's streams.
base::Status compute_sequences(LlamaSession& session, std::span<const std::vector<Token>> sequences);

// What the session then holds for each of them, in order. integrity when a component is not finite.
base::Result<std::vector<std::vector<float>>> take_vectors(LlamaSession& session, std::size_t count);

// integrity: the session is empty afterwards.
base::Status check_finite(LlamaSession& session, std::span<const float> values, std::size_t sequence);

}  // namespace bantam::engine
