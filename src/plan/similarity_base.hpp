#pragma once
// A model that answers are compared with in place of the base precision, whichever engine has it.

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace bantam::plan {

struct SimilarityBase {
  std::string engine;     // kOwnEngine, kTransformersEngine or kOnnxEngine
  std::string precision;  // of kOwnEngine one that is made, else as its program names it
  std::string model;      // the reference of a model, or the path that the program loads
};

// "ENGINE:PRECISION:MODEL", as in "transformers:fp16:./my-model". usage for anything else.
base::Result<SimilarityBase> parse_similarity_base(std::string_view text);

}  // namespace bantam::plan
