#include "engine/llama_work.hpp"

#include <algorithm>
#include <utility>

#include "ggml-backend.h"

namespace bantam::engine {
namespace {

using model::AttentionWork;
using model::MatrixWork;

std::int64_t bytes_of(const ggml_tensor* tensor) {
  return tensor == nullptr ? 0 : static_cast<std::int64_t>(ggml_nbytes(tensor));
}

ggml_backend_buffer_t buffer_of(const ggml_tensor* tensor) {
  return tensor->view_src != nullptr ? tensor->view_src->buffer : tensor->buffer;
}

bool is_weight(const ggml_tensor* tensor) {
  ggml_backend_buffer_t buffer = buffer_of(tensor);
  return buffer != nullptr && ggml_backend_buffer_get_usage(buffer) == GGML_BACKEND_BUFFER_USAGE_WEIGHTS;
}

// Nothing is computed for these.
bool is_empty(ggml_op op) {
  return op == GGML_OP_NONE || op == GGML_OP_RESHAPE || op == GGML_OP_TRANSPOSE || op == GGML_OP_VIEW ||
         op == GGML_OP_PERMUTE;
}

MatrixWork matrix_of(const ggml_tensor* matrix) {
  MatrixWork work;
  work.type = ggml_type_name(matrix->type);
  work.buffer = is_weight(matrix) ? ggml_backend_buft_name(ggml_backend_buffer_get_type(buffer_of(matrix)))
                                  : ggml_backend_buft_name(ggml_backend_cpu_buffer_type());
  work.inner = matrix->ne[0];
  work.rows = matrix->ne[1];
  work.bytes = static_cast<std::int64_t>(ggml_row_size(matrix->type, matrix->ne[0])) * matrix->ne[1];
  return work;
}

MatrixWork multiplication(const ggml_tensor* node) {
  const ggml_tensor* matrix = node->src[0];
  const ggml_tensor* operand = node->src[1];
  MatrixWork work = matrix_of(matrix);
  const std::int64_t vectors = operand->ne[1] * operand->ne[2] * operand->ne[3];
  if (is_weight(matrix)) {
    work.count = matrix->ne[2] * matrix->ne[3];
    work.columns = std::max<std::int64_t>(1, vectors / work.count);
    return work;
  }
  // Without flash attention: keys with queries, then values (transposed: a row holds all cells) with the
  // probabilities that a softmax gave.
  work.count = operand->ne[2] * operand->ne[3];
  work.columns = operand->ne[1];
  work.cells = operand->op == GGML_OP_SOFT_MAX ? work.inner : work.rows;
  return work;
}

// Each token goes through `used` of `experts` matrices.
MatrixWork expert_multiplication(const ggml_tensor* node) {
  const ggml_tensor* matrices = node->src[0];
  const ggml_tensor* chosen = node->src[2];
  MatrixWork work = matrix_of(matrices);
  const std::int64_t choices = chosen->ne[0] * chosen->ne[1];
  work.count = std::min(matrices->ne[2], choices);
  work.columns = std::max<std::int64_t>(1, choices / work.count);
  return work;
}

AttentionWork attention(const ggml_tensor* node) {
  const ggml_tensor* queries = node->src[0];
  const ggml_tensor* keys = node->src[1];
  const ggml_tensor* values = node->src[2];
  AttentionWork work;
  work.type_k = ggml_type_name(keys->type);
  work.type_v = ggml_type_name(values->type);
  work.head_size_k = keys->ne[0];
  work.head_size_v = values->ne[0];
  work.heads = queries->ne[2];
  work.kv_heads = keys->ne[2];
  work.columns = queries->ne[1];
  work.streams = queries->ne[3];
  work.cells = keys->ne[1];
  work.cell_bytes = static_cast<std::int64_t>(ggml_row_size(keys->type, keys->ne[0]) +
                                              ggml_row_size(values->type, values->ne[0])) *
                    keys->ne[2];
  return work;
}

// Bytes that an operation without a matrix moves.
std::int64_t moved_bytes(const ggml_tensor* node) {
  switch (node->op) {
    case GGML_OP_GET_ROWS:
      return 2 * bytes_of(node);
    case GGML_OP_SET_ROWS:  // into the KV cache: only the new rows
      return 2 * bytes_of(node->src[0]);
    default:
      return bytes_of(node) + bytes_of(node->src[0]) + bytes_of(node->src[1]);
  }
}

bool same_piece(const MatrixWork& a, const MatrixWork& b) {
  return a.type == b.type && a.buffer == b.buffer && a.inner == b.inner && a.rows == b.rows &&
         a.columns == b.columns && a.cells == b.cells;
}

bool same_piece(const AttentionWork& a, const AttentionWork& b) {
  return a.type_k == b.type_k && a.type_v == b.type_v && a.head_size_k == b.head_size_k &&
         a.head_size_v == b.head_size_v && a.heads == b.heads && a.kv_heads == b.kv_heads &&
         a.columns == b.columns && a.streams == b.streams && a.cells == b.cells;
}

template <typename Piece>
void add(std::vector<Piece>& pieces, Piece piece) {
  const auto found = std::find_if(pieces.begin(), pieces.end(),
                                  [&](const Piece& other) { return same_piece(other, piece); });
  if (found == pieces.end())
    pieces.push_back(std::move(piece));
  else
    found->count += piece.count;
}

// The CPU backend computes a norm and the multiplication after it as one.
bool joins_previous(ggml_cgraph* graph, int index) {
  if (index == 0) return false;
  const ggml_tensor* node = ggml_graph_node(graph, index);
  const ggml_tensor* previous = ggml_graph_node(graph, index - 1);
  return node->op == GGML_OP_MUL && previous->op == GGML_OP_RMS_NORM &&
         (node->src[0] == previous || node->src[1] == previous);
}

}  // namespace

model::Work work_of(ggml_cgraph* graph, std::int64_t tokens) {
  model::Work work;
  work.tokens = tokens;
  for (int i = 0; i < ggml_graph_n_nodes(graph); ++i) {
    const ggml_tensor* node = ggml_graph_node(graph, i);
    if (is_empty(node->op)) continue;
    if (!joins_previous(graph, i)) ++work.operations;
    if (node->op == GGML_OP_MUL_MAT)
      add(work.matrices, multiplication(node));
    else if (node->op == GGML_OP_MUL_MAT_ID)
      add(work.matrices, expert_multiplication(node));
    else if (node->op == GGML_OP_FLASH_ATTN_EXT)
      add(work.attentions, attention(node));
    else
      work.other_bytes += moved_bytes(node);
  }
  return work;
}

}  // namespace bantam::engine
