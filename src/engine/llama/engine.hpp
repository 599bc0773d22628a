#pragma once
// The built-in engine: llama.cpp as a library. It must run in a process of its own: some files and some
// kernels end the whole process.

#include <cstdint>
#include <memory>
#include <optional>

#include "base/result.hpp"
#include "engine/engine.hpp"
#include "plan/plan.hpp"

namespace bantam::engine {

// What proposes tokens to a model that decodes speculatively.
struct Draft {
  std::optional<ModelFile> model;          // absent: prompt lookup
  int tokens = plan::kDefaultDraftTokens;  // proposed at once, at most
};

// Opens a model file for requests of this capacity. `heartbeat` may be null; it must outlive the engine and
// counts while loading and while computing. usage: an unknown cache type. bad_input: not a model that
// generates text, an adapter of another model, or a capacity beyond its trained context. environment: it does
// not fit in memory. With a draft it is a Speculator, too: bad_input when the draft model has other tokens,
// or when cells cannot be removed from the cache.
base::Result<std::unique_ptr<Engine>> open_llama(const ModelFile& file, const plan::EngineSettings& settings,
                                                 Capacity capacity, Heartbeat* heartbeat,
                                                 const std::optional<Draft>& draft = std::nullopt);

}  // namespace bantam::engine
