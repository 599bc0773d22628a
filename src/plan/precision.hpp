#pragma once
// Names of precisions: the field's short names and every llama.cpp type name.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace bantam::plan {

struct Precision {
  std::string name;        // canonical: fp32, fp16, bf16, int8, int4, or the llama.cpp name (Q5_K_M)
  std::string llama_type;  // the llama.cpp file type that is made: F32, F16, BF16, Q8_0, Q4_K_M, ...
  double bits = 0.0;       // nominal bits per weight; orders precisions, never shown as a result
};

// Case-insensitive; accepts f16/float16 for fp16 and so on. usage, with the closest known name, otherwise.
base::Result<Precision> parse_precision(std::string_view text);

// All of them, from the most bits to the fewest.
const std::vector<Precision>& known_precisions();

}  // namespace bantam::plan
