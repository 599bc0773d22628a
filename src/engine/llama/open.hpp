#pragma once
// The one way to a model that computes: whoever has it, llama.cpp in this program or a program of its own.

#include <memory>
#include <optional>

#include "base/result.hpp"
#include "engine/engine.hpp"
#include "engine/llama/engine.hpp"
#include "plan/plan.hpp"

namespace bantam::engine {

// The errors of open_llama() and of open_program(). `heartbeat` may be null; it must outlive the engine. A
// draft is for llama.cpp only.
base::Result<std::unique_ptr<Engine>> open(const ModelFile& file, const plan::EngineSettings& settings,
                                           Capacity capacity, Heartbeat* heartbeat,
                                           const std::optional<Draft>& draft = std::nullopt);

}  // namespace bantam::engine
