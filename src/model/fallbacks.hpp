#pragma once
// Where a quantized file is not what its name says: llama.cpp stores a matrix whose rows are no multiple of
// the wanted type's block (256 for K and IQ types) in another type, which usually takes more bits.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "model/gguf_reader.hpp"

namespace bantam::model {

// Matrices of the same place in every layer.
struct Fallback {
  std::string tensors;   // "blk.*.ffn_down.weight"
  std::string type;      // what they are stored in: "Q5_0"
  std::int64_t row = 0;  // elements
  std::int64_t count = 0;
};

// Empty for files of float weights, and where every row fits. `file_type` is llama.cpp's name: "Q4_K_M".
std::vector<Fallback> fallbacks_of(const GgufContent& content, std::string_view file_type);

base::Json to_json(const Fallback& fallback);

}  // namespace bantam::model
