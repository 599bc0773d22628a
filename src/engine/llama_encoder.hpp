#pragma once
// Encoders and embedding models on llama.cpp. Like open_llama(), it must run in a process of its own.

#include <memory>

#include "base/result.hpp"
#include "engine/encoder.hpp"
#include "engine/model_file.hpp"
#include "plan/plan.hpp"

namespace bantam::engine {

// Opens a model file for `capacity.streams` sequences at once of at most `capacity.tokens_per_stream` tokens
// each; more tokens than the model was trained for are cut to that. `heartbeat` as for open_llama().
// bad_input: a model that generates text and names no pooling, and one that ranks. environment: it does not
// fit in memory.
base::Result<std::unique_ptr<Encoder>> open_llama_encoder(const ModelFile& file,
                                                          const plan::EngineSettings& settings,
                                                          Capacity capacity, Heartbeat* heartbeat);

}  // namespace bantam::engine
