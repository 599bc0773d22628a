#pragma once
// Model files of a shape with random weights ("synthetic:llama-3.2-1b"): the same tensors with the same types
// as llama.cpp's converter and quantizer give the real model, a made-up vocabulary of the same size, and no
// download. What they cost to run is what the real model costs; what they say means nothing. Uses llama.cpp's
// choice of types and its block formats, but runs no model.
//
// Knows nothing of where files are kept (model/artifact.hpp).

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "gguf/model_info.hpp"
#include "gguf/types.hpp"
#include "shape/shape.hpp"

namespace bantam::shape {

// What inspect() will say of the file, without writing it; reads nothing from disk. usage for an unknown
// type, bad_input for one that check_can_synthesize() refuses.
base::Result<gguf::ModelInfo> describe(const Shape& shape, std::string_view llama_type);
// The same as read_gguf() would give it. The same errors.
base::Result<gguf::GgufContent> synthetic_content(const Shape& shape, std::string_view llama_type);

// The beginning of the file, up to its weights, and how long the whole is. The same errors.
struct SyntheticHead {
  std::string bytes;
  std::uint64_t file_bytes = 0;
};
base::Result<SyntheticHead> synthetic_head(const Shape& shape, std::string_view llama_type);

// Writes the file under its final name only when it is whole. Takes as long as the disk needs, and some 50
// MiB of memory. The errors of describe(); storage when it cannot be written, and nothing is left then.
base::Status write_synthetic(const Shape& shape, std::string_view llama_type,
                             const std::filesystem::path& target, std::uint64_t seed = kSyntheticSeed);

}  // namespace bantam::shape
