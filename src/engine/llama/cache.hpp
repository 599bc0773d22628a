#pragma once
// What a model keeps between the tokens of a request, told by the engine's own rules for its architecture:
// which layers have a KV cache and which a state of fixed size, what a token takes in each. Only the head of
// the file is read, and nothing is allocated. The one place that computes it.

#include <cstdint>
#include <filesystem>

#include "base/result.hpp"
#include "plan/plan.hpp"

namespace bantam::engine {

// Sliding windows do not lessen it, since whole caches are kept for their layers.
struct CacheSize {
  std::int64_t token_bytes = 0;    // for each token: the KV cache
  std::int64_t request_bytes = 0;  // for each request, whatever its length: the state of recurrent layers

  // Of so many requests at once, each of so many tokens, which the engine rounds up to a multiple of 256. As
  // much as an int64 holds, where it is more.
  std::int64_t bytes(std::int64_t tokens, std::int64_t requests) const;
};

// With the cache types and the flash attention of the settings. Nothing for encoders that keep nothing.
// usage when the engine does not take these types for this model; bad_input when it cannot read the model.
// The model is not trusted: a worker asks.
base::Result<CacheSize> cache_size(const std::filesystem::path& head, const plan::EngineSettings& settings);

}  // namespace bantam::engine
