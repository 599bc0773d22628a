#pragma once
// What a GGUF model file says about itself, checked before the engine sees it. Knows nothing of how the file
// is run.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace bantam::model {

// The tensors of one storage type.
struct TensorShare {
  std::string type;  // "F32", "Q4_K"
  std::int64_t tensors = 0;
  std::int64_t elements = 0;
  std::int64_t bytes = 0;
};

struct ModelInfo {
  std::string architecture;         // "llama", "qwen2"
  std::optional<std::string> name;  // general.name
  std::int64_t parameters = 0;      // elements of all tensors
  std::int64_t weight_bytes = 0;    // bytes of all tensors, without padding and keys
  std::int64_t file_bytes = 0;
  double bits_per_weight = 0.0;               // weight_bytes x 8 / parameters
  std::vector<TensorShare> tensor_types;      // most elements first
  std::string file_type;                      // llama.cpp's name: F16, Q4_K_M, ...
  bool float_weights = false;                 // no matrix is quantized: other precisions can be made from it
  bool synthetic = false;                     // random weights (model/shapes_file.hpp)
  std::optional<std::int64_t> context_train;  // tokens
  std::optional<std::int64_t> vocabulary;     // tokens
  std::optional<std::int64_t> embedding;      // elements of a hidden state
  std::optional<std::int64_t> layers;
  std::optional<std::int64_t> heads;     // the largest of all layers
  std::optional<std::int64_t> kv_heads;  // the largest of all layers
  std::optional<std::int64_t> experts;
  std::optional<std::string> tokenizer;  // "gpt2", "llama"
  bool has_chat_template = false;
  std::optional<bool> adds_bos;  // absent: left to the tokenizer's own rule
  std::optional<std::int64_t> bos_id;
  std::optional<std::int64_t> eos_id;
};

// In files with random weights, whatever they are called.
inline constexpr const char* kSyntheticKey = "bantam.synthetic";

// Reads the whole description of the file, no weights. bad_input for all that read_gguf() refuses, and for a
// file without an architecture or weights, an adapter or projector, one part of several, a vocabulary with
// equal tokens or of another size than the embedding.
base::Result<ModelInfo> inspect(const std::filesystem::path& path);

base::Json to_json(const ModelInfo& info);

}  // namespace bantam::model
