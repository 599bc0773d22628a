#pragma once
// The engine and the classifier that ask a model in a program of its own (docs/engines.md). Times are those
// at which a token's line has come here.

#include <memory>

#include "base/result.hpp"
#include "engine/engine.hpp"
#include "engine/loaded_program.hpp"
#include "plan/plan.hpp"

namespace bantam::engine {

// The errors of LoadedProgram::open(); usage for a model that cannot generate. Has no logits of whole
// vocabularies and none of llama-bench's tests: usage for these.
base::Result<std::unique_ptr<Engine>> open_program(const ModelFile& file,
                                                   const plan::EngineSettings& settings, Capacity capacity,
                                                   Heartbeat* heartbeat);
base::Result<std::unique_ptr<Engine>> program_engine(LoadedProgram program, Capacity capacity,
                                                     Heartbeat* heartbeat);
// usage where the model has no labels.
base::Result<std::unique_ptr<Classifier>> program_classifier(LoadedProgram program);

}  // namespace bantam::engine
