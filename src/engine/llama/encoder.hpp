#pragma once
// Encoders, embedding models and classifiers on llama.cpp. Like open_llama(), they must run in a process of
// their own.

#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "engine/engine.hpp"
#include "plan/plan.hpp"

namespace bantam::engine {

// llama.cpp computes a few activation functions of encoders otherwise than the models were trained with
// (docs/scores.md).
enum class Activations {
  as_llama_cpp,  // what users of llama.cpp get: for measurements of speed
  as_trained,    // for scores; the context is made twice
};

// Opens a model file for `capacity.streams` sequences at once of at most `capacity.tokens_per_stream` tokens
// each; more tokens than the model was trained for are cut to that. `heartbeat` as for open_llama().
// bad_input: a model that generates text and names no pooling, and one that ranks. environment: it does not
// fit in memory.
base::Result<std::unique_ptr<Encoder>> open_llama_encoder(
    const ModelFile& file, const plan::EngineSettings& settings, Capacity capacity, Heartbeat* heartbeat,
    Activations activations = Activations::as_llama_cpp);

// The same, with activations as trained.
base::Result<std::unique_ptr<TokenEncoder>> open_llama_token_encoder(const ModelFile& file,
                                                                     const plan::EngineSettings& settings,
                                                                     Capacity capacity, Heartbeat* heartbeat);

// The same for a model with a classification head. bad_input: the file names no labels.
base::Result<std::unique_ptr<Classifier>> open_llama_classifier(const ModelFile& file,
                                                                const plan::EngineSettings& settings,
                                                                Capacity capacity, Heartbeat* heartbeat);

}  // namespace bantam::engine
