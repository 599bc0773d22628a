#pragma once
// The plan's engine settings in llama.cpp's terms. Knows nothing of sessions.

#include <llama.h>

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "engine/engine.hpp"
#include "plan/plan.hpp"

namespace bantam::engine {

// usage when the engine does not know the name.
base::Result<ggml_type> cache_type(const std::string& text);
base::Result<llama_flash_attn_type> flash_attention(const std::string& text);

// A loading model counts `heartbeat` up; it may be null.
llama_model_params model_params(const plan::EngineSettings& settings, Heartbeat* heartbeat);

// For llama_context_params::abort_callback, with a Heartbeat as its state: never aborts. Called by the CPU
// backend before each operation of a graph, so that a long batch is not taken for a hang.
bool beat_while_computing(void* heartbeat);

// Whether a reason that ggml or llama.cpp gave says that memory ran out.
bool speaks_of_memory(std::string_view reason);

}  // namespace bantam::engine
