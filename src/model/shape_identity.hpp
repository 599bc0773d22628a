#pragma once
// What determines the content of a model file of a shape. Knows nothing of how it is written
// (model/shapes_file.hpp).

#include <cstdint>
#include <string>
#include <string_view>

#include "model/shape.hpp"

namespace bantam::model {

// Changes whenever the same shape, type and seed would give another file.
inline constexpr int kSyntheticVersion = 1;

inline constexpr std::uint64_t kSyntheticSeed = 1;

// Determines the content: shape with its definition, type, seed, version. The mix of types and the blocks
// also follow from `quantizer` (quantizer_version()).
std::string synthetic_identity(const Shape& shape, std::string_view llama_type, std::string_view quantizer,
                               std::uint64_t seed = kSyntheticSeed);

}  // namespace bantam::model
