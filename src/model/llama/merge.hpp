#pragma once
// Makes a model file with an adapter merged into its weights. Runs ggml's code on both files, so it belongs
// into a worker process. Knows nothing of the cache's layout (model/artifact.hpp).

#include <filesystem>
#include <string>

#include "base/result.hpp"

namespace bantam::model {

// The version of what merge_adapter() writes; part of the identity of merged files.
inline constexpr int kMergeVersion = 1;

enum class MergedType {
  own,  // every tensor keeps its type
  f32,  // every tensor becomes F32
};

// Writes `target`: the model with each weight that the adapter names replaced by W + scale x alpha / rank x B
// A, computed in float32. Keys are those of the model, with " + lora NAME" after general.name and the
// adapter's sha256 and scale under bantam.lora.*. Holds one slice of a tensor in memory at a time. Nothing is
// left of `target` on failure: bad_input for a base whose weights are quantized (with the remedy) and for an
// adapter that does not fit, storage when the file cannot be written.
base::Status merge_adapter(const std::filesystem::path& model, const std::filesystem::path& adapter,
                           double scale, const std::filesystem::path& target,
                           MergedType type = MergedType::own);

}  // namespace bantam::model
