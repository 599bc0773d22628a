#pragma once
// From a model reference to the model it names: the file, what it says of itself, and what identifies it.
// Knows nothing of precisions (model/artifact.hpp).

#include <filesystem>
#include <string>

#include "base/result.hpp"
#include "model/gguf.hpp"
#include "model/reference.hpp"

namespace bantam::model {

// A model file as the user gave it, inspected.
struct Source {
  Reference reference;
  std::filesystem::path path;
  ModelInfo info;
  std::string sha256;
};

// bad_input for a file that inspect() refuses; usage for an unknown embedded model; environment where this
// build cannot resolve the reference (hub, synthetic, a build without embedded files); storage when the cache
// cannot be written. Hashes a file once (hub/cache.hpp).
base::Result<Source> locate(const Reference& reference);

}  // namespace bantam::model
