#pragma once
// Which type each tensor of a shape has in a file of a given type, as llama.cpp's own quantizer decides it.
// Knows nothing of weights.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "gguf/types.hpp"
#include "shape/tensors.hpp"

namespace bantam::shape {

struct TypedTensor {
  ShapeTensor tensor;
  gguf::TensorType type;

  std::uint64_t bytes() const;
};

// In the order of tensors_of(). bad_input when llama.cpp makes no such file of this shape.
base::Result<std::vector<TypedTensor>> typed_tensors_of(const Shape& shape, const gguf::FileType& type);

// The part of a synthetic model file that lies before its weights: keys, vocabulary and table of tensors.
// Knows nothing of the weights.

// Every tensor starts at a multiple of this in the data, which is GGUF's default.
inline constexpr std::uint64_t kTensorAlignment = 32;

// general.name of the file.
std::string synthetic_title(const Shape& shape);

// Padded, so that the first tensor follows directly.
std::string synthetic_header(const Shape& shape, const gguf::FileType& type, std::uint64_t seed,
                             const std::vector<TypedTensor>& tensors);

}  // namespace bantam::shape
