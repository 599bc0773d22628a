#pragma once
// Which tensors the file of a shape has: the names and sizes that llama.cpp's loaders ask for (src/models/)
// and its converter gives (conversion/). Knows nothing of their types.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "shape/shape.hpp"

namespace bantam::shape {

enum class TensorContent {
  weights,       // a matrix, or a table of rows
  ones,          // scales of a norm
  rope_factors,  // of rotary frequencies, F32; no parameters of the model
};

struct ShapeTensor {
  std::string name;
  std::vector<std::int64_t> sizes;  // fastest-varying dimension first
  TensorContent content = TensorContent::weights;
  bool always_float = false;  // F32 in files of every type, whatever its dimensions

  std::int64_t elements() const;
};

bool is_known_architecture(std::string_view architecture);

// In the order in which llama.cpp's quantizer writes them: those of the whole model first, then layer by
// layer, each by name. The shape's architecture is known.
std::vector<ShapeTensor> list_tensors(const Shape& shape);

// As the publisher counts them, without what is not stored.
std::int64_t count_parameters(const Shape& shape);

// By how much llama.cpp divides each rotary frequency, for llama3 and longrope scaling.
// llama3: the published rule of Llama 3.1 (conversion/llama.py). longrope: ones in place of the trained
// factors, which change no amount of work.
std::vector<float> rope_factors(const Shape& shape);

}  // namespace bantam::shape
