#pragma once
// The part of a synthetic model file that lies before its weights: keys, vocabulary and table of tensors.
// Knows nothing of the weights.

#include <cstdint>
#include <string>
#include <vector>

#include "model/shapes_types.hpp"

namespace bantam::model {

// Every tensor starts at a multiple of this in the data, which is GGUF's default.
inline constexpr std::uint64_t kTensorAlignment = 32;

// general.name of the file.
std::string synthetic_title(const Shape& shape);

// Padded, so that the first tensor follows directly.
std::string synthetic_header(const Shape& shape, const FileType& type, std::uint64_t seed,
                             const std::vector<TypedTensor>& tensors);

}  // namespace bantam::model
