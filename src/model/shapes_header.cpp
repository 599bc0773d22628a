#include "model/shapes_header.hpp"

#include <fmt/format.h>
#include <ggml.h>
#include <gguf.h>
#include <cmath>
#include <memory>
#include <type_traits>

#include "model/gguf.hpp"
#include "model/shape_vocabulary.hpp"
#include "model/shapes_file.hpp"

namespace bantam::model {
namespace {

static_assert(kTensorAlignment == GGUF_DEFAULT_ALIGNMENT);

constexpr std::uint32_t kMeanPooling = 1;  // LLAMA_POOLING_TYPE_MEAN

struct Release {
  void operator()(gguf_context* held) const { gguf_free(held); }
  void operator()(ggml_context* held) const { ggml_free(held); }
};

// Writes keys with the type that llama.cpp's converter gives them.
class Keys {
 public:
  Keys(gguf_context* file, std::string architecture) : file_(file), architecture_(std::move(architecture)) {}

  void text(const char* key, const std::string& value) { gguf_set_val_str(file_, key, value.c_str()); }
  void flag(const char* key, bool value) { gguf_set_val_bool(file_, key, value); }
  void number(const std::string& key, std::int64_t value) {
    gguf_set_val_u32(file_, key.c_str(), static_cast<std::uint32_t>(value));
  }
  void number(const std::string& key, double value) {
    gguf_set_val_f32(file_, key.c_str(), static_cast<float>(value));
  }
  template <typename T>
  void number(const std::string& key, const std::optional<T>& value) {
    if (value) number(key, *value);
  }
  // The name of one of the architecture's own keys.
  std::string own(std::string_view key) const { return fmt::format("{}.{}", architecture_, key); }

  void texts(const char* key, const std::vector<std::string>& values) {
    std::vector<const char*> pointers;
    for (const std::string& value : values) pointers.push_back(value.c_str());
    gguf_set_arr_str(file_, key, pointers.data(), pointers.size());
  }
  template <typename T>
  void array(const char* key, gguf_type type, const std::vector<T>& values) {
    gguf_set_arr_data(file_, key, type, values.data(), values.size());
  }

 private:
  gguf_context* file_;
  std::string architecture_;
};

void add_general(Keys& keys, const Shape& shape, const FileType& type, std::uint64_t seed) {
  keys.text("general.architecture", shape.architecture);
  keys.text("general.type", "model");
  keys.text("general.name", synthetic_title(shape));
  keys.number("general.file_type", static_cast<std::int64_t>(type.id));
  keys.number("general.quantization_version", std::int64_t{GGML_QNT_VERSION});
  keys.text(kSyntheticKey, fmt::format("bantam {} seed {} shape {}", kSyntheticVersion, seed, shape.name));
}

void add_sizes(Keys& keys, const Shape& shape) {
  keys.number(keys.own("block_count"), shape.layers);
  keys.number(keys.own("context_length"), shape.context);
  keys.number(keys.own("embedding_length"), shape.embedding);
  keys.number(keys.own("feed_forward_length"), shape.feed_forward);
  keys.number(keys.own("vocab_size"), shape.vocabulary);
  keys.number(keys.own("attention.head_count"), shape.heads);
  keys.number(keys.own("attention.head_count_kv"), shape.kv_heads);
  keys.number(keys.own("attention.key_length"), shape.head_size);
  keys.number(keys.own("attention.value_length"), shape.head_size);
  keys.number(keys.own("attention.sliding_window"), shape.sliding_window);
  keys.number(keys.own("attn_logit_softcapping"), shape.attention_softcap);
  keys.number(keys.own("final_logit_softcapping"), shape.final_softcap);
  const bool centred = shape.is_encoder() || shape.architecture == "phi2";
  keys.number(keys.own(centred ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon"),
              shape.norm_epsilon);
  if (shape.is_encoder()) {
    keys.flag(keys.own("attention.causal").c_str(), false);
    keys.number(keys.own("pooling_type"), std::int64_t{kMeanPooling});
    keys.number("tokenizer.ggml.token_type_count", shape.token_types.value_or(1));
  }
}

// How much longrope scales attention, as the model's own code has it.
double longrope_attention_factor(const Shape& shape) {
  const double original = static_cast<double>(shape.rope_scaling->original_context);
  const double stretch = static_cast<double>(shape.context) / original;
  return stretch > 1.0 ? std::sqrt(1.0 + std::log(stretch) / std::log(original)) : 1.0;
}

void add_rope(Keys& keys, const Shape& shape) {
  if (!shape.rope_base) return;
  keys.number(keys.own("rope.freq_base"), shape.rope_base);
  keys.number(keys.own("rope.freq_base_swa"), shape.rope_base_local);
  keys.number(keys.own("rope.dimension_count"), shape.rope_size.value_or(shape.head_size));
  if (!shape.rope_scaling) return;
  if (shape.rope_scaling->kind == "linear") {
    keys.text(keys.own("rope.scaling.type").c_str(), "linear");
    keys.number(keys.own("rope.scaling.factor"), shape.rope_scaling->factor);
  }
  if (shape.rope_scaling->kind == "longrope") {
    keys.number(keys.own("rope.scaling.original_context_length"), shape.rope_scaling->original_context);
    keys.number(keys.own("rope.scaling.attn_factor"), longrope_attention_factor(shape));
  }
}

void add_vocabulary(Keys& keys, const Shape& shape) {
  const ShapeVocabulary vocabulary = vocabulary_of(shape);
  static_assert(std::is_same_v<std::underlying_type_t<TokenKind>, std::int32_t>);
  keys.text("tokenizer.ggml.model", shape.tokenizer);
  if (shape.pretokenizer) keys.text("tokenizer.ggml.pre", *shape.pretokenizer);
  keys.texts("tokenizer.ggml.tokens", vocabulary.tokens);
  keys.array("tokenizer.ggml.token_type", GGUF_TYPE_INT32, vocabulary.kinds);
  if (!vocabulary.scores.empty()) keys.array("tokenizer.ggml.scores", GGUF_TYPE_FLOAT32, vocabulary.scores);
  if (!vocabulary.merges.empty()) keys.texts("tokenizer.ggml.merges", vocabulary.merges);
  keys.number("tokenizer.ggml.bos_token_id", vocabulary.bos);
  keys.number(shape.is_encoder() ? "tokenizer.ggml.seperator_token_id" : "tokenizer.ggml.eos_token_id",
              vocabulary.eos);
  keys.number("tokenizer.ggml.unknown_token_id", vocabulary.unknown);
  keys.number("tokenizer.ggml.padding_token_id", vocabulary.padding);
  keys.number("tokenizer.ggml.mask_token_id", vocabulary.mask);
  if (!shape.is_encoder()) keys.flag("tokenizer.ggml.add_bos_token", shape.adds_bos);
}

}  // namespace

std::string synthetic_title(const Shape& shape) {
  return shape.title + " (random weights)";
}

std::string synthetic_header(const Shape& shape, const FileType& type, std::uint64_t seed,
                             const std::vector<TypedTensor>& tensors) {
  const std::unique_ptr<gguf_context, Release> file(gguf_init_empty());
  Keys keys(file.get(), shape.architecture);
  add_general(keys, shape, type, seed);
  add_sizes(keys, shape);
  add_rope(keys, shape);
  add_vocabulary(keys, shape);

  const std::unique_ptr<ggml_context, Release> names(
      ggml_init({tensors.size() * ggml_tensor_overhead(), nullptr, true}));
  for (const TypedTensor& each : tensors) {
    ggml_tensor* tensor =
        ggml_new_tensor(names.get(), static_cast<ggml_type>(each.type.id),
                        static_cast<int>(each.tensor.sizes.size()), each.tensor.sizes.data());
    ggml_set_name(tensor, each.tensor.name.c_str());
    gguf_add_tensor(file.get(), tensor);
  }
  std::string header(gguf_get_meta_size(file.get()), '\0');
  gguf_get_meta_data(file.get(), header.data());
  return header;
}

}  // namespace bantam::model
