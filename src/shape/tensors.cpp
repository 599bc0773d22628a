#include "shape/tensors.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>

namespace bantam::shape {
namespace {

// The tensors of one layer, or of what lies outside all layers.
class Part {
 public:
  explicit Part(std::string prefix = {}) : prefix_(std::move(prefix)) {}

  void matrix(std::string_view name, std::int64_t columns, std::int64_t rows) {
    add(name, "weight", {columns, rows}, TensorContent::weights);
  }
  void biased_matrix(std::string_view name, std::int64_t columns, std::int64_t rows) {
    matrix(name, columns, rows);
    bias(name, rows);
  }
  // A table that llama.cpp never stores in fewer bits than F32.
  void float_table(std::string_view name, std::int64_t columns, std::int64_t rows) {
    matrix(name, columns, rows);
    tensors_.back().always_float = true;
  }
  void bias(std::string_view name, std::int64_t size) { add(name, "bias", {size}, TensorContent::weights); }
  void norm(std::string_view name, std::int64_t size) { add(name, "weight", {size}, TensorContent::ones); }
  void biased_norm(std::string_view name, std::int64_t size) {
    norm(name, size);
    bias(name, size);
  }
  void factors(std::string_view name, std::int64_t size) {
    add(name, "weight", {size}, TensorContent::rope_factors);
  }

  void move_sorted_to(std::vector<ShapeTensor>& all) {
    std::sort(tensors_.begin(), tensors_.end(),
              [](const ShapeTensor& a, const ShapeTensor& b) { return a.name < b.name; });
    std::move(tensors_.begin(), tensors_.end(), std::back_inserter(all));
  }

 private:
  void add(std::string_view name, std::string_view suffix, std::vector<std::int64_t> sizes,
           TensorContent content) {
    tensors_.push_back({fmt::format("{}{}.{}", prefix_, name, suffix), std::move(sizes), content, false});
  }

  std::string prefix_;
  std::vector<ShapeTensor> tensors_;
};

struct Sizes {
  explicit Sizes(const Shape& shape)
      : embedding(shape.embedding),
        feed_forward(shape.feed_forward),
        head(shape.head_size),
        query(shape.heads * shape.head_size),
        key(shape.kv_heads * shape.head_size) {}
  std::int64_t embedding, feed_forward;
  std::int64_t head;        // elements of one head
  std::int64_t query, key;  // elements of all heads
};

void gated_feed_forward(Part& layer, const Sizes& sizes) {
  layer.matrix("ffn_gate", sizes.embedding, sizes.feed_forward);
  layer.matrix("ffn_up", sizes.embedding, sizes.feed_forward);
  layer.matrix("ffn_down", sizes.feed_forward, sizes.embedding);
}

void llama_layer(Part& layer, const Sizes& sizes) {
  layer.norm("attn_norm", sizes.embedding);
  layer.matrix("attn_q", sizes.embedding, sizes.query);
  layer.matrix("attn_k", sizes.embedding, sizes.key);
  layer.matrix("attn_v", sizes.embedding, sizes.key);
  layer.matrix("attn_output", sizes.query, sizes.embedding);
  layer.norm("ffn_norm", sizes.embedding);
  gated_feed_forward(layer, sizes);
}

void qwen2_layer(Part& layer, const Sizes& sizes) {
  llama_layer(layer, sizes);
  layer.bias("attn_q", sizes.query);
  layer.bias("attn_k", sizes.key);
  layer.bias("attn_v", sizes.key);
}

void gemma2_layer(Part& layer, const Sizes& sizes) {
  llama_layer(layer, sizes);
  layer.norm("post_attention_norm", sizes.embedding);
  layer.norm("post_ffw_norm", sizes.embedding);
}

void gemma3_layer(Part& layer, const Sizes& sizes) {
  gemma2_layer(layer, sizes);
  layer.norm("attn_q_norm", sizes.head);
  layer.norm("attn_k_norm", sizes.head);
}

// One norm serves attention and feed-forward, which run side by side.
void phi2_layer(Part& layer, const Sizes& sizes) {
  layer.biased_norm("attn_norm", sizes.embedding);
  layer.biased_matrix("attn_q", sizes.embedding, sizes.query);
  layer.biased_matrix("attn_k", sizes.embedding, sizes.key);
  layer.biased_matrix("attn_v", sizes.embedding, sizes.key);
  layer.biased_matrix("attn_output", sizes.query, sizes.embedding);
  layer.biased_matrix("ffn_up", sizes.embedding, sizes.feed_forward);
  layer.biased_matrix("ffn_down", sizes.feed_forward, sizes.embedding);
}

// Query, key and value in one matrix; gate and up in one.
void phi3_layer(Part& layer, const Sizes& sizes) {
  layer.norm("attn_norm", sizes.embedding);
  layer.matrix("attn_qkv", sizes.embedding, sizes.query + 2 * sizes.key);
  layer.matrix("attn_output", sizes.query, sizes.embedding);
  layer.norm("ffn_norm", sizes.embedding);
  layer.matrix("ffn_up", sizes.embedding, 2 * sizes.feed_forward);
  layer.matrix("ffn_down", sizes.feed_forward, sizes.embedding);
}

void bert_layer(Part& layer, const Sizes& sizes) {
  layer.biased_matrix("attn_q", sizes.embedding, sizes.query);
  layer.biased_matrix("attn_k", sizes.embedding, sizes.key);
  layer.biased_matrix("attn_v", sizes.embedding, sizes.key);
  layer.biased_matrix("attn_output", sizes.query, sizes.embedding);
  layer.biased_norm("attn_output_norm", sizes.embedding);
  layer.biased_matrix("ffn_up", sizes.embedding, sizes.feed_forward);
  layer.biased_matrix("ffn_down", sizes.feed_forward, sizes.embedding);
  layer.biased_norm("layer_output_norm", sizes.embedding);
}

struct Architecture {
  std::string_view name;  // llama.cpp's
  void (*add_layer)(Part& layer, const Sizes& sizes);
};

constexpr std::array kArchitectures{
    Architecture{"llama", llama_layer},   Architecture{"qwen2", qwen2_layer},
    Architecture{"gemma2", gemma2_layer}, Architecture{"gemma3", gemma3_layer},
    Architecture{"phi2", phi2_layer},     Architecture{"phi3", phi3_layer},
    Architecture{"bert", bert_layer},
};

const Architecture* find_architecture(std::string_view name) {
  const auto found = std::find_if(kArchitectures.begin(), kArchitectures.end(),
                                  [name](const Architecture& each) { return each.name == name; });
  return found == kArchitectures.end() ? nullptr : &*found;
}

void encoder_outside(Part& outside, const Shape& shape) {
  outside.matrix("token_embd", shape.embedding, shape.vocabulary);
  outside.float_table("position_embd", shape.embedding, shape.context);
  if (shape.token_types) outside.float_table("token_types", shape.embedding, *shape.token_types);
  outside.biased_norm("token_embd_norm", shape.embedding);
}

void decoder_outside(Part& outside, const Shape& shape) {
  outside.matrix("token_embd", shape.embedding, shape.vocabulary);
  outside.norm("output_norm", shape.embedding);
  if (!shape.tied_embeddings) outside.matrix("output", shape.embedding, shape.vocabulary);
  if (shape.architecture == "phi2") {
    outside.bias("output_norm", shape.embedding);
    outside.bias("output", shape.vocabulary);
  }
  if (!shape.rope_scaling) return;
  const std::int64_t frequencies = shape.rope_size.value_or(shape.head_size) / 2;
  if (shape.rope_scaling->kind == "llama3") outside.factors("rope_freqs", frequencies);
  if (shape.rope_scaling->kind == "longrope") {
    outside.factors("rope_factors_long", frequencies);
    outside.factors("rope_factors_short", frequencies);
  }
}

// Frequencies with a wavelength beyond the original context are divided by the factor, those well within it
// by one, those between by something between.
float llama3_factor(const RopeScaling& scaling, double frequency) {
  const double wavelength = 2.0 * std::numbers::pi / frequency;
  const double context = static_cast<double>(scaling.original_context);
  if (wavelength < context / scaling.high_freq_factor) return 1.0F;
  if (wavelength > context / scaling.low_freq_factor) return static_cast<float>(scaling.factor);
  const double smooth =
      (context / wavelength - scaling.low_freq_factor) / (scaling.high_freq_factor - scaling.low_freq_factor);
  return static_cast<float>(1.0 / ((1.0 - smooth) / scaling.factor + smooth));
}

}  // namespace

std::int64_t ShapeTensor::elements() const {
  return std::accumulate(sizes.begin(), sizes.end(), std::int64_t{1}, std::multiplies<>());
}

bool is_known_architecture(std::string_view architecture) {
  return find_architecture(architecture) != nullptr;
}

std::vector<ShapeTensor> list_tensors(const Shape& shape) {
  std::vector<ShapeTensor> tensors;
  Part outside;
  if (shape.is_encoder()) {
    encoder_outside(outside, shape);
  } else {
    decoder_outside(outside, shape);
  }
  outside.move_sorted_to(tensors);
  const Architecture* architecture = find_architecture(shape.architecture);
  const Sizes sizes(shape);
  for (std::int64_t index = 0; index < shape.layers; ++index) {
    Part layer(fmt::format("blk.{}.", index));
    architecture->add_layer(layer, sizes);
    layer.move_sorted_to(tensors);
  }
  return tensors;
}

std::int64_t count_parameters(const Shape& shape) {
  std::int64_t parameters = 0;
  for (const ShapeTensor& tensor : list_tensors(shape)) {
    if (tensor.content != TensorContent::rope_factors) parameters += tensor.elements();
  }
  return parameters;
}

std::vector<float> rope_factors(const Shape& shape) {
  const std::int64_t rotated = shape.rope_size.value_or(shape.head_size);
  std::vector<float> factors(static_cast<std::size_t>(rotated / 2), 1.0F);
  if (!shape.rope_scaling || shape.rope_scaling->kind != "llama3") return factors;
  for (std::size_t i = 0; i < factors.size(); ++i) {
    const double exponent = 2.0 * static_cast<double>(i) / static_cast<double>(rotated);
    factors[i] = llama3_factor(*shape.rope_scaling, std::pow(shape.rope_base.value_or(10000.0), -exponent));
  }
  return factors;
}

}  // namespace bantam::shape
