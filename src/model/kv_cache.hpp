#pragma once
// How many bytes a KV cache takes, from what a model file says of itself. Pure arithmetic; the engine's own
// account of a planned context is engine/llama_estimate.hpp.

#include <cstdint>
#include <optional>
#include <string_view>

#include "model/gguf.hpp"

namespace bantam::model {

// Bytes of `cells` cells (tokens of all streams together) in every layer: kv_heads x head size x the type's
// bytes, for K and V. Sliding windows do not lessen it, since the engine keeps whole caches for their layers;
// the state of recurrent layers is not in it. 0 for encoders, which keep none. Absent when the file does not
// say enough, or a type ("f16", "q8_0"; any case) is unknown.
std::optional<std::int64_t> kv_bytes(const ModelInfo& info, std::int64_t cells, std::string_view type_k,
                                     std::string_view type_v);

}  // namespace bantam::model
