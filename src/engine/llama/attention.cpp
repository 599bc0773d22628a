#include <ggml-cpu-impl.h>
#include <ops.h>
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "engine/llama/kernels.hpp"

namespace bantam::engine {
namespace {

constexpr std::int64_t kFewestQueries = 32;
constexpr std::int64_t kQueries = 64;  // of one block, for each head of a group
constexpr std::int64_t kCells = 64;    // the mask is searched in runs of so many cells
constexpr std::int64_t kSpan = 512;    // unmasked cells that are weighed at once

using Matrix = Eigen::MatrixXf;
using Row = Eigen::Map<Eigen::ArrayXf>;
using HalfRow = Eigen::Map<const Eigen::Array<Eigen::half, Eigen::Dynamic, 1>>;

constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

template <typename T>
T* at(const ggml_tensor* tensor, std::int64_t i1, std::int64_t i2) {
  const auto offset =
      static_cast<std::size_t>(i1) * tensor->nb[1] + static_cast<std::size_t>(i2) * tensor->nb[2];
  return reinterpret_cast<T*>(static_cast<char*>(tensor->data) + offset);
}

// One attention operation: q [size, queries, heads] f32; k and v [size, cells, groups] f16 or f32; mask
// [cells, queries] f16; result [size, heads, queries] f32. `heads` is a multiple of `groups`.
struct Attention {
  const ggml_tensor* q;
  const ggml_tensor* k;
  const ggml_tensor* v;
  const ggml_tensor* mask;
  ggml_tensor* result;
  float scale;

  std::int64_t queries() const { return q->ne[1]; }
  std::int64_t cells() const { return k->ne[1]; }
  std::int64_t groups() const { return k->ne[2]; }
  std::int64_t heads_of_group() const { return q->ne[2] / k->ne[2]; }
};

bool takes(const ggml_tensor* result) {
  const ggml_tensor* q = result->src[0];
  const ggml_tensor* k = result->src[1];
  const ggml_tensor* v = result->src[2];
  const ggml_tensor* mask = result->src[3];
  float max_bias = 0.0F;
  float softcap = 0.0F;
  std::memcpy(&max_bias, result->op_params + 1, sizeof(float));
  std::memcpy(&softcap, result->op_params + 2, sizeof(float));
  const bool cached = (k->type == GGML_TYPE_F16 || k->type == GGML_TYPE_F32) && v->type == k->type;
  return cached && q->type == GGML_TYPE_F32 && mask != nullptr && mask->type == GGML_TYPE_F16 &&
         result->src[4] == nullptr && max_bias == 0.0F && softcap == 0.0F && q->ne[1] >= kFewestQueries &&
         q->ne[3] == 1 && k->ne[3] == 1 && mask->ne[2] == 1 && mask->ne[3] == 1 && v->ne[2] == k->ne[2] &&
         q->ne[2] % k->ne[2] == 0 && q->nb[0] == sizeof(float) && k->nb[0] == ggml_type_size(k->type) &&
         v->nb[0] == ggml_type_size(v->type);
}

// A cell's key or value as floats.
void unpack(const ggml_tensor* tensor, std::int64_t cell, std::int64_t group, float* out) {
  const std::int64_t size = tensor->ne[0];
  if (tensor->type == GGML_TYPE_F32) {
    std::memcpy(out, at<float>(tensor, cell, group), static_cast<std::size_t>(size) * sizeof(float));
  } else {
    Row(out, size) = HalfRow(at<Eigen::half>(tensor, cell, group), size).cast<float>();
  }
}

// The softmax-weighted values of one block of queries, for all heads that share one key and value head.
class Block {
 public:
  explicit Block(const Attention& work)
      : work_(work),
        columns_(kQueries * work.heads_of_group()),
        queries_(work.q->ne[0], columns_),
        keys_(work.k->ne[0], kSpan),
        values_(work.v->ne[0], kSpan),
        weights_(kSpan, columns_),
        sums_(work.v->ne[0], columns_),
        most_(columns_),
        total_(columns_),
        biases_(kSpan, kQueries) {}

  void compute(std::int64_t group, std::int64_t first) {
    group_ = group;
    first_ = first;
    count_ = std::min(kQueries, work_.queries() - first);
    used_ = count_ * work_.heads_of_group();
    sums_.setZero();
    most_.setConstant(kMinusInfinity);
    total_.setZero();
    load_queries();
    span_ = 0;
    for (std::int64_t cell = 0; cell < work_.cells(); cell += kCells) {
      const std::int64_t cells = std::min(kCells, work_.cells() - cell);
      if (!seen(cell, cells)) continue;
      if (span_ + cells > kSpan) weigh();
      load_cells(cell, cells);
    }
    if (span_ > 0) weigh();
    store();
  }

 private:
  // A group's heads lie one after another, each with its queries.
  void load_queries() {
    for (std::int64_t head = 0; head < work_.heads_of_group(); ++head) {
      for (std::int64_t i = 0; i < count_; ++i) {
        const float* from = at<float>(work_.q, first_ + i, group_ * work_.heads_of_group() + head);
        queries_.col(head * count_ + i) =
            Eigen::Map<const Eigen::VectorXf>(from, work_.q->ne[0]) * work_.scale;
      }
    }
  }

  // Whether any query of the block sees any of these cells.
  bool seen(std::int64_t cell, std::int64_t cells) const {
    constexpr std::uint16_t kHidden = 0xFC00;  // minus infinity
    for (std::int64_t i = 0; i < count_; ++i) {
      const auto* row = at<std::uint16_t>(work_.mask, first_ + i, 0) + cell;
      std::uint16_t differing = 0;
      for (std::int64_t c = 0; c < cells; ++c)
        differing = static_cast<std::uint16_t>(differing | (row[c] ^ kHidden));
      if (differing != 0) return true;
    }
    return false;
  }

  void load_cells(std::int64_t cell, std::int64_t cells) {
    for (std::int64_t c = 0; c < cells; ++c) {
      unpack(work_.k, cell + c, group_, keys_.col(span_ + c).data());
      unpack(work_.v, cell + c, group_, values_.col(span_ + c).data());
    }
    for (std::int64_t i = 0; i < count_; ++i) {
      biases_.col(i).segment(span_, cells) =
          HalfRow(at<Eigen::half>(work_.mask, first_ + i, 0) + cell, cells).cast<float>();
    }
    span_ += cells;
  }

  // Adds the loaded cells to the sums; earlier sums are scaled down where a greater score turns up.
  void weigh() {
    auto weights = weights_.topLeftCorner(span_, used_);
    weights.noalias() = keys_.leftCols(span_).transpose() * queries_.leftCols(used_);
    for (std::int64_t column = 0; column < used_; ++column) {
      auto scores = weights.col(column).array();
      scores += biases_.col(column % count_).head(span_);
      const float most = std::max(most_[column], scores.maxCoeff());
      if (most == kMinusInfinity) {
        scores.setZero();
        continue;
      }
      const float shrink = std::exp(most_[column] - most);
      scores = (scores - most).exp();
      total_[column] = total_[column] * shrink + scores.sum();
      if (shrink != 1.0F) sums_.col(column) *= shrink;
      most_[column] = most;
    }
    sums_.leftCols(used_).noalias() += values_.leftCols(span_) * weights;
    span_ = 0;
  }

  void store() const {
    for (std::int64_t head = 0; head < work_.heads_of_group(); ++head) {
      for (std::int64_t i = 0; i < count_; ++i) {
        const std::int64_t column = head * count_ + i;
        float* to = at<float>(work_.result, group_ * work_.heads_of_group() + head, first_ + i);
        const float share = total_[column] == 0.0F ? 0.0F : 1.0F / total_[column];
        Eigen::Map<Eigen::VectorXf>(to, work_.v->ne[0]) = sums_.col(column) * share;
      }
    }
  }

  const Attention& work_;
  std::int64_t columns_;
  Matrix queries_;  // [size, columns], scaled
  Matrix keys_;     // [size, cells]
  Matrix values_;   // [size, cells]
  Matrix weights_;  // [cells, columns]
  Matrix sums_;     // [size, columns]
  Eigen::ArrayXf most_;
  Eigen::ArrayXf total_;
  Eigen::ArrayXXf biases_;  // [cells, queries]
  std::int64_t group_ = 0;
  std::int64_t first_ = 0;
  std::int64_t count_ = 0;  // queries of this block
  std::int64_t used_ = 0;   // columns of this block
  std::int64_t span_ = 0;   // cells loaded and not yet weighed
};

void attend(const Attention& work, int thread, int threads) {
  Block block(work);
  const std::int64_t blocks = (work.queries() + kQueries - 1) / kQueries;
  for (std::int64_t i = thread; i < blocks * work.groups(); i += threads) {
    block.compute(i % work.groups(), i / work.groups() * kQueries);
  }
}

// Query by query: ggml takes another way for one query than for several.
void attend_one_by_one(const ggml_compute_params* params, const ggml_tensor* result) {
  for (std::int64_t i = 0; i < result->src[0]->ne[1]; ++i) {
    ggml_tensor query = *result->src[0];
    query.ne[1] = 1;
    query.data = at<char>(&query, i, 0);
    ggml_tensor mask = *result->src[3];
    mask.ne[1] = 1;
    mask.data = at<char>(&mask, i, 0);
    ggml_tensor one = *result;
    one.ne[2] = 1;
    one.data = at<char>(&one, 0, i);
    one.src[0] = &query;
    one.src[3] = &mask;
    if (i > 0) ggml_barrier(params->threadpool);  // the threads share what the query before has left
    ggml_compute_forward_flash_attn_ext(params, &one);
  }
}

}  // namespace

}  // namespace bantam::engine

// ggml calls this in place of ggml_compute_forward_flash_attn_ext (see cmake/bantam_llama.cmake), once in
// each thread. The formula is softmax(q k / sqrt(size) + mask) v, with the running maximum of Milakov and
// Gimelshein, arXiv:1805.02867.
extern "C" void bantam_flash_attn_ext(const ggml_compute_params* params, ggml_tensor* result) {
  using namespace bantam::engine;
  if (rows_as_alone() && result->src[3] != nullptr && result->src[0]->ne[3] == 1) {
    attend_one_by_one(params, result);
    return;
  }
  if (!own_kernels() || params->use_ref || !takes(result)) {
    ggml_compute_forward_flash_attn_ext(params, result);
    return;
  }
  float scale = 1.0F;
  std::memcpy(&scale, result->op_params, sizeof(float));
  attend({result->src[0], result->src[1], result->src[2], result->src[3], result, scale}, params->ith,
         params->nth);
}
