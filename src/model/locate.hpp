#pragma once
// From a model reference to the model it names: the file, what it says of itself, and what identifies it.
// Knows nothing of precisions (model/artifact.hpp).

#include <filesystem>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "model/adapter.hpp"
#include "model/gguf.hpp"
#include "model/reference.hpp"
#include "model/shape.hpp"

namespace bantam::model {

// A model as the user named it, found and looked into.
struct Source {
  Reference reference;
  std::filesystem::path path;  // empty for a synthetic model, which has no file but those of its precisions
  ModelInfo info;              // of a synthetic model: what holds at every precision
  std::string sha256;          // of the file; of a synthetic model: of its definition
  std::optional<Shape> shape;  // synthetic models only
  std::optional<AppliedAdapter> adapter = std::nullopt;
  bool merge = false;  // the adapter becomes part of the files that are made; else it is applied at load
};

// bad_input for a file that inspect() refuses; usage for an unknown embedded model or shape; environment
// where this build cannot resolve the reference (hub, a build without embedded files); storage when the cache
// cannot be written. Hashes a file once (hub/cache.hpp).
base::Result<Source> locate(const Reference& reference);

}  // namespace bantam::model
