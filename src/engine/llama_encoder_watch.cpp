#include "engine/llama_encoder_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace bantam::engine {
namespace {

// Whose feed-forward layers have the exact GELU in the published models.
constexpr std::array<std::string_view, 5> kExactGelu{"bert", "modern-bert", "nomic-bert-moe", "jina-bert-v2",
                                                     "jina-bert-v3"};

bool names(const ggml_tensor* tensor, std::string_view part) {
  return tensor != nullptr && std::string_view(tensor->name).find(part) != std::string_view::npos;
}

}  // namespace

EncoderWatch::EncoderWatch(std::string_view architecture, int layers)
    : exact_gelu_(std::find(kExactGelu.begin(), kExactGelu.end(), architecture) != kExactGelu.end()),
      is_bert_(architecture == "bert"),
      layers_(layers) {}

void EncoderWatch::read_layer(int layer) {
  layer_ = layer;
  norm_ = fmt::format("blk.{}.layer_output_norm.", layer - 1);
  output_ = layer == layers_ ? "result_embd" : fmt::format("l_out-{}", layer - 1);
  forget();
}

bool EncoderWatch::watch(ggml_tensor* node, bool ask, void* self) {
  auto& watch = *static_cast<EncoderWatch*>(self);
  if (ask) {
    watch.correct(*node);
    return watch.is_wanted(*node);
  }
  watch.keep(*node);
  return true;
}

// Nodes are shown in the order of the computation, each before it is computed.
void EncoderWatch::correct(ggml_tensor& node) {
  if (names(node.src[1], "token_types.weight")) has_token_types_ = true;
  const auto unary = [&](ggml_unary_op op) {
    return node.op == GGML_OP_UNARY && ggml_get_unary_op(&node) == op;
  };
  const auto become = [&](std::int32_t op) { node.op_params[0] = op; };
  if (exact_gelu_ && unary(GGML_UNARY_OP_GELU)) become(GGML_UNARY_OP_GELU_ERF);
  if (exact_gelu_ && node.op == GGML_OP_GLU && ggml_get_glu_op(&node) == GGML_GLU_OP_GEGLU) {
    become(GGML_GLU_OP_GEGLU_ERF);
  }
  if (is_bert_ && !has_token_types_ && unary(GGML_UNARY_OP_TANH)) become(GGML_UNARY_OP_RELU);
}

// A norm is a product with its weight and then, where it has one, a sum with its bias: the last one stays.
bool EncoderWatch::is_wanted(const ggml_tensor& node) const {
  if (layer_ == 0) return false;
  if (node.name == output_) return true;
  return (node.op == GGML_OP_MUL || node.op == GGML_OP_ADD) && names(node.src[1], norm_);
}

void EncoderWatch::keep(const ggml_tensor& node) {
  if (node.type != GGML_TYPE_F32 || !ggml_is_contiguous(&node)) return;
  width_ = static_cast<std::size_t>(node.ne[0]);
  rows_.resize(static_cast<std::size_t>(ggml_nelements(&node)));
  ggml_backend_tensor_get(&node, rows_.data(), 0, ggml_nbytes(&node));
}

}  // namespace bantam::engine
