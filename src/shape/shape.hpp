#pragma once
// The shape of a published model: all that decides the size of its tensors and the engine's work on them, and
// nothing of what the weights hold. Shapes are data files (shapes/*.yaml), embedded in the binary. Knows
// nothing of how files are made (shape/llama/shape_file.hpp) and of llama.cpp.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "gguf/types.hpp"

namespace bantam::shape {

// Why synthetic models give no accuracy: for messages and records.
inline constexpr std::string_view kSyntheticNoAnswers =
    "the weights are random: speed, memory and energy are those of the shape, answers mean nothing";

// How a model stretches its rotary embedding beyond the context that it was first trained with.
struct RopeScaling {
  std::string kind;                   // llama3, linear, longrope
  double factor = 1.0;                // llama3, linear
  double low_freq_factor = 1.0;       // llama3
  double high_freq_factor = 4.0;      // llama3
  std::int64_t original_context = 0;  // tokens; llama3, longrope
};

struct Shape {
  std::string name;                  // llama-3.2-1b
  std::string title;                 // Llama 3.2 1B
  std::vector<std::string> aliases;  // other names that mean the same shape
  std::string source;                // where the figures are published
  std::optional<std::string> note;   // what of the model the engine does differently
  std::int64_t published_parameters = 0;
  // Part of them that a converted file leaves out (a pooler, a vision tower).
  std::int64_t not_stored_parameters = 0;

  std::string architecture;  // llama.cpp's name: llama, qwen2, gemma2, gemma3, phi2, phi3, bert
  std::int64_t layers = 0;
  std::int64_t embedding = 0;  // elements of a hidden state
  std::int64_t feed_forward = 0;
  std::int64_t heads = 0;
  std::int64_t kv_heads = 0;
  std::int64_t head_size = 0;
  std::int64_t vocabulary = 0;   // tokens
  std::int64_t context = 0;      // tokens
  bool tied_embeddings = false;  // the output matrix is the embedding
  double norm_epsilon = 0.0;
  std::optional<double> rope_base;        // absent: positions are learned (encoders)
  std::optional<double> rope_base_local;  // of layers with a sliding window
  std::optional<std::int64_t> rope_size;  // rotated elements of a head; absent: all
  std::optional<RopeScaling> rope_scaling;
  std::optional<std::int64_t> sliding_window;  // tokens
  std::optional<double> attention_softcap;
  std::optional<double> final_softcap;
  std::optional<std::int64_t> token_types;  // encoders: rows of the token type embedding; absent: has none
  std::string tokenizer;                    // gpt2 (BPE), llama (SentencePiece), bert (WordPiece)
  std::optional<std::string> pretokenizer;  // gpt2: how text is split before merging
  bool adds_bos = false;

  std::string definition_sha256;  // of the data file: a corrected shape is another model

  bool is_encoder() const { return architecture == "bert"; }
};

// All shapes of this build, by number of parameters; empty in a build without embedded files. bad_input names
// the data file that cannot be read.
base::Result<std::vector<Shape>> known_shapes();

// By name or alias, in any case. usage, naming the nearest, for an unknown one, and with the reason for a
// model whose architecture the engine does not run exactly (shapes/not-offered.yaml).
base::Result<Shape> find_shape(std::string_view name);

// The content of one data file. bad_input, naming `what`, for missing, unknown or impossible fields.
base::Result<Shape> parse_shape(std::string_view yaml, std::string_view what);

// bad_input, with the reason, for a type of which no file with random weights can be made.
base::Status check_can_synthesize(const Shape& shape, const gguf::FileType& type);

// Changes whenever the same shape, type and seed would give another file.
inline constexpr int kSyntheticVersion = 1;

inline constexpr std::uint64_t kSyntheticSeed = 1;

// What determines the content of a model file of a shape: the shape with its definition, type, seed, version.
// The mix of types and the blocks also follow from `quantizer` (quantizer_version()).
std::string synthetic_identity(const Shape& shape, std::string_view llama_type, std::string_view quantizer,
                               std::uint64_t seed = kSyntheticSeed);

}  // namespace bantam::shape
