#pragma once
// What a GGUF model file says about itself, checked before the engine sees it. Knows nothing of how the file
// is run.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "model/fallbacks.hpp"
#include "model/gguf_reader.hpp"

namespace bantam::model {

// The tensors of one storage type.
struct TensorShare {
  std::string type;  // "F32", "Q4_K"
  std::int64_t tensors = 0;
  std::int64_t elements = 0;
  std::int64_t bytes = 0;
};

// What decides how much a KV cache of a model holds, and what a token attends to.
struct AttentionFacts {
  std::optional<std::int64_t> head_size_k;  // elements of a key of one head
  std::optional<std::int64_t> head_size_v;
  std::vector<std::int64_t> kv_heads;          // of each layer, 0: it keeps nothing; empty when not known
  std::optional<std::int64_t> sliding_window;  // tokens that layers with a window attend to
  std::vector<bool> sliding;                   // which layers have one; empty: left to the engine
  std::optional<double> rope_base;
  std::optional<std::int64_t> rope_size;     // rotated elements of a head
  std::optional<std::string> rope_scaling;   // "linear", "yarn", "longrope"
  std::optional<double> rope_factor;         // of the scaling
  std::optional<std::int64_t> rope_context;  // tokens before the scaling
};

struct ModelInfo {
  std::string architecture;                   // "llama", "qwen2"
  std::optional<std::string> name;            // general.name
  std::int64_t parameters = 0;                // elements of all tensors
  std::int64_t weight_bytes = 0;              // bytes of all tensors, without padding and keys
  std::int64_t file_bytes = 0;                // of all parts
  std::int64_t parts = 1;                     // files (model/split.hpp)
  double bits_per_weight = 0.0;               // weight_bytes x 8 / parameters
  std::vector<TensorShare> tensor_types;      // most elements first
  std::vector<Fallback> fallbacks;            // matrices that could not be stored as the file type says
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
  std::optional<std::int64_t> experts_used;  // of them, for one token
  std::optional<std::int64_t> feed_forward;  // elements inside a layer's feed-forward part; the largest
  bool is_encoder = false;                   // gives embeddings of whole texts, no next token
  std::optional<std::string> pooling;  // how it makes one embedding: "none", "mean", "cls", "last", "rank"
  std::vector<std::string> labels;  // of a classification head; empty when there is none
  AttentionFacts attention;
  std::optional<std::string> tokenizer;  // "gpt2", "llama"
  bool has_chat_template = false;
  std::optional<bool> adds_bos;  // absent: left to the tokenizer's own rule
  std::optional<std::int64_t> bos_id;
  std::optional<std::int64_t> eos_id;
};

// In files with random weights, whatever they are called.
inline constexpr const char* kSyntheticKey = "bantam.synthetic";

// Reads the whole description of the file (of a split model: of all its parts), no weights. bad_input for all
// that read_model() refuses, and for a file without an architecture or weights, an adapter or projector, a
// vocabulary with equal tokens or of another size than the embedding.
base::Result<ModelInfo> inspect(const std::filesystem::path& path);

// The same for content that was read before; `name` is for messages.
base::Result<ModelInfo> inspect(const GgufContent& content, const std::string& name);

// Whether it makes one vector of a text: encoders, and whatever says how it pools.
bool embeds(const ModelInfo& info);

// bad_input, naming the model, when it has no next token to give: one that embeds().
base::Status check_generates(const ModelInfo& info, std::string_view name);

base::Json to_json(const ModelInfo& info);

}  // namespace bantam::model
