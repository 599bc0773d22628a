#include "shape/llama/shape_header.hpp"

#include <fmt/format.h>
#include <ggml.h>
#include <gguf.h>
#include <llama-ext.h>
#include <llama.h>
#include <cmath>
#include <exception>
#include <memory>
#include <type_traits>

#include "gguf/model_info.hpp"
#include "shape/llama/shape_file.hpp"
#include "shape/vocabulary.hpp"

namespace bantam::shape {
namespace {

// llama.cpp prints each odd row size that makes it choose another type, unless told where to log.
class Silence {
 public:
  Silence() {
    llama_log_get(&previous_, &previous_data_);
    llama_log_set([](ggml_log_level, const char*, void*) {}, nullptr);
  }
  ~Silence() { llama_log_set(previous_, previous_data_); }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  ggml_log_callback previous_ = nullptr;
  void* previous_data_ = nullptr;
};

template <auto release>
struct Release {
  template <typename T>
  void operator()(T* held) const {
    release(held);
  }
};
using Tensors = std::unique_ptr<ggml_context, Release<ggml_free>>;
using Model = std::unique_ptr<llama_model, Release<llama_model_free>>;
using Quantizer = std::unique_ptr<quantize_state_impl, Release<llama_quant_free>>;

// Never needs data: only names and sizes are looked at. A converted file has F32 and F16.
ggml_tensor* add_tensor(ggml_context* context, const ShapeTensor& tensor) {
  const bool is_float = tensor.always_float || tensor.sizes.size() < 2;
  ggml_tensor* added = ggml_new_tensor(context, is_float ? GGML_TYPE_F32 : GGML_TYPE_F16,
                                       static_cast<int>(tensor.sizes.size()), tensor.sizes.data());
  ggml_set_name(added, tensor.name.c_str());
  return added;
}

Model describe_to_quantizer(const Shape& shape) {
  const auto narrow = [](std::int64_t value) { return static_cast<std::uint32_t>(value); };
  llama_quant_model_desc description{};
  description.architecture = shape.architecture.c_str();
  description.n_embd = narrow(shape.embedding);
  description.n_ff = narrow(shape.feed_forward);
  description.n_layer = narrow(shape.layers);
  description.n_head = narrow(shape.heads);
  description.n_head_kv = narrow(shape.kv_heads);
  description.n_embd_head_k = narrow(shape.head_size);
  description.n_embd_head_v = narrow(shape.head_size);
  return Model(llama_quant_model_from_metadata(&description));
}

// May throw what llama.cpp throws.
std::vector<ggml_type> choose_types(const Shape& shape, const std::vector<ShapeTensor>& tensors,
                                    const gguf::FileType& type) {
  const Tensors context(ggml_init({(tensors.size() + 1) * ggml_tensor_overhead(), nullptr, true}));
  const Model model = describe_to_quantizer(shape);
  const llama_model_quantize_params parameters = llama_model_quantize_default_params();
  const Quantizer quantizer(llama_quant_init(model.get(), &parameters));

  std::vector<ggml_type> types;
  std::vector<ggml_tensor*> choosable;
  std::vector<std::size_t> places;
  for (const ShapeTensor& tensor : tensors) {
    ggml_tensor* added = add_tensor(context.get(), tensor);
    if (llama_quant_tensor_allows_quantization(quantizer.get(), added)) {
      choosable.push_back(added);
      places.push_back(types.size());
    }
    types.push_back(added->type);
  }
  std::vector<ggml_type> chosen(choosable.size());
  llama_quant_compute_types(quantizer.get(), static_cast<llama_ftype>(type.id), choosable.data(),
                            chosen.data(), choosable.size());
  for (std::size_t i = 0; i < chosen.size(); ++i) types[places[i]] = chosen[i];
  return types;
}

}  // namespace

std::uint64_t TypedTensor::bytes() const {
  return static_cast<std::uint64_t>(tensor.elements()) / type.block_elements * type.block_bytes;
}

base::Result<std::vector<TypedTensor>> typed_tensors_of(const Shape& shape, const gguf::FileType& type) {
  TRY(check_can_synthesize(shape, type));
  const Silence silence;
  const std::vector<ShapeTensor> tensors = tensors_of(shape);
  try {
    const std::vector<ggml_type> types = choose_types(shape, tensors, type);
    std::vector<TypedTensor> typed;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      typed.push_back({tensors[i], gguf::tensor_type(static_cast<std::uint32_t>(types[i])).value()});
    }
    return typed;
  } catch (const std::exception& error) {
    return base::fail(
        base::ErrorKind::bad_input,
        fmt::format("synthetic:{} cannot be made as {}: {}", shape.name, type.name, error.what()),
        "choose another precision");
  }
}

namespace {

static_assert(kTensorAlignment == GGUF_DEFAULT_ALIGNMENT);

constexpr std::uint32_t kMeanPooling = 1;  // LLAMA_POOLING_TYPE_MEAN

struct Free {
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

void add_general(Keys& keys, const Shape& shape, const gguf::FileType& type, std::uint64_t seed) {
  keys.text("general.architecture", shape.architecture);
  keys.text("general.type", "model");
  keys.text("general.name", synthetic_title(shape));
  keys.number("general.file_type", static_cast<std::int64_t>(type.id));
  keys.number("general.quantization_version", std::int64_t{GGML_QNT_VERSION});
  keys.text(gguf::kSyntheticKey,
            fmt::format("bantam {} seed {} shape {}", kSyntheticVersion, seed, shape.name));
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

std::string synthetic_header(const Shape& shape, const gguf::FileType& type, std::uint64_t seed,
                             const std::vector<TypedTensor>& tensors) {
  const std::unique_ptr<gguf_context, Free> file(gguf_init_empty());
  Keys keys(file.get(), shape.architecture);
  add_general(keys, shape, type, seed);
  add_sizes(keys, shape);
  add_rope(keys, shape);
  add_vocabulary(keys, shape);

  const std::unique_ptr<ggml_context, Free> names(
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

}  // namespace bantam::shape
