#pragma once
// Which type each tensor of a shape has in a file of a given type, as llama.cpp's own quantizer decides it.
// Knows nothing of weights.

#include <cstdint>
#include <vector>

#include "base/result.hpp"
#include "model/gguf_types.hpp"
#include "model/shape_tensors.hpp"

namespace bantam::model {

struct TypedTensor {
  ShapeTensor tensor;
  TensorType type;

  std::uint64_t bytes() const;
};

// In the order of tensors_of(). bad_input when llama.cpp makes no such file of this shape.
base::Result<std::vector<TypedTensor>> typed_tensors_of(const Shape& shape, const FileType& type);

}  // namespace bantam::model
