#pragma once
// What a GGUF model file says of itself, from its keys and its table of tensors, checked before the engine
// sees it. Reads no weights, and knows nothing of how the file is run.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "gguf/reader.hpp"

namespace bantam::gguf {

// The tensors of one storage type.
struct TensorShare {
  std::string type;  // "F32", "Q4_K"
  std::int64_t tensors = 0;
  std::int64_t elements = 0;
  std::int64_t bytes = 0;
};

// Matrices that are not of the type that the file's name says: llama.cpp stores a matrix whose rows are no
// multiple of the wanted type's block (256 for K and IQ types) in another type, which usually takes more
// bits. One entry for those of the same place in every layer.
struct Fallback {
  std::string tensors;   // "blk.*.ffn_down.weight"
  std::string type;      // what they are stored in: "Q5_0"
  std::int64_t row = 0;  // elements
  std::int64_t count = 0;
};

// What a file says of its attention. What the KV cache takes follows from rules of each architecture, which
// the engine knows (engine/llama/cache.hpp).
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
  std::int64_t parts = 1;                     // files (gguf/split.hpp)
  double bits_per_weight = 0.0;               // weight_bytes x 8 / parameters
  std::vector<TensorShare> tensor_types;      // most elements first
  std::vector<Fallback> fallbacks;            // matrices that could not be stored as the file type says
  std::string file_type;                      // llama.cpp's name: F16, Q4_K_M, ...
  bool float_weights = false;                 // no matrix is quantized: other precisions can be made from it
  bool synthetic = false;                     // random weights (shape/llama/shape_file.hpp)
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
  std::vector<std::string> labels;     // of a classification head; empty when there is none
  AttentionFacts attention;
  std::optional<std::string> tokenizer;  // "gpt2", "llama"
  bool has_chat_template = false;
  std::optional<bool> adds_bos;  // absent: left to the tokenizer's own rule
  std::optional<std::int64_t> bos_id;
  std::optional<std::int64_t> eos_id;
};

// Reads the whole description of the file (of a split model: of all its parts), no weights. bad_input for all
// that read_model() refuses, and for a file without an architecture or weights, an adapter or projector, a
// vocabulary with equal tokens or of another size than the embedding.
base::Result<ModelInfo> inspect(const std::filesystem::path& path);

// The same for content that was read before; `name` is for messages.
base::Result<ModelInfo> inspect(const GgufContent& content, const std::string& name);

base::Json to_json(const ModelInfo& info);
base::Json to_json(const Fallback& fallback);

// Whether it makes one vector of a text: encoders, and whatever says how it pools.
bool embeds(const ModelInfo& info);

// bad_input, naming the model, when it has no next token to give: one that embeds().
base::Status check_generates(const ModelInfo& info, std::string_view name);

// In files with random weights, whatever they are called.
inline constexpr const char* kSyntheticKey = "bantam.synthetic";

// A key's text. Absent when there is no such key, or one of another type.
std::optional<std::string> text_at(const GgufContent& content, std::string_view name);

// A token with a duty of its own.
struct SpecialToken {
  std::string duty;  // "bos", "eos", "padding"
  std::int64_t id = 0;
  std::optional<std::string> text;  // absent when the vocabulary has no such id
};
std::vector<SpecialToken> special_tokens(const GgufContent& content);

// Who may speak by a chat template (Jinja), as far as it compares roles with names: "system", "user". In the
// order in which they appear; empty when none is named.
std::vector<std::string> roles_in(std::string_view chat_template);

// Empty for files of float weights, and where every row fits. `file_type` is llama.cpp's name: "Q4_K_M".
std::vector<Fallback> find_fallbacks(const GgufContent& content, std::string_view file_type);

// What stands between the output of an encoder and the labels of its classification head. "linear": nothing;
// else the activation of one layer: "tanh" (BERT's pooler, RoBERTa), "relu" (DistilBERT) or "gelu"
// (ModernBERT). For a file with labels.
std::string_view classifier_head(const GgufContent& content, std::string_view architecture);

// Whether the labels may not be those of the model that the file was made from: llama.cpp's converter leaves
// out the layer that BERT has there.
bool lacks_pooler(const GgufContent& content, std::string_view architecture);

}  // namespace bantam::gguf
