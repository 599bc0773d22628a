#include <ggml-cpu-impl.h>
#include <llamafile/sgemm.h>
#include <Eigen/Core>
#include <algorithm>
#include <cstdint>

#include "engine/llama/kernels.hpp"

namespace bantam::engine {
namespace {

// Below this many tokens packing costs more than it saves.
constexpr std::int64_t kFewestTokens = 32;
constexpr std::int64_t kFewestRows = 16;

struct Part {
  std::int64_t first = 0;
  std::int64_t count = 0;
};

// The part of `total` that falls to one of the threads, cut at multiples of what one register block takes.
Part share(std::int64_t total, std::int64_t step, int thread, int threads) {
  const std::int64_t blocks = (total + step - 1) / step;
  const std::int64_t first = std::min(total, blocks * thread / threads * step);
  return {first, std::min(total, blocks * (thread + 1) / threads * step) - first};
}

// Matrices of `inner` rows lie column by column: a weight row, and a token's activations.
struct Product {
  const float* weights;  // [inner, rows]
  std::int64_t weight_stride;
  const float* tokens;  // [inner, columns]
  std::int64_t token_stride;
  float* result;  // [rows, columns]
  std::int64_t result_stride;
  std::int64_t inner;
};

void multiply(const Product& p, Part rows, Part columns) {
  using Matrix = Eigen::MatrixXf;
  using Stride = Eigen::OuterStride<>;
  using In = Eigen::Map<const Matrix, Eigen::Unaligned, Stride>;
  using Out = Eigen::Map<Matrix, Eigen::Unaligned, Stride>;
  if (rows.count == 0 || columns.count == 0) return;
  const In weights(p.weights + rows.first * p.weight_stride, p.inner, rows.count, Stride(p.weight_stride));
  const In tokens(p.tokens + columns.first * p.token_stride, p.inner, columns.count, Stride(p.token_stride));
  Out result(p.result + columns.first * p.result_stride + rows.first, rows.count, columns.count,
             Stride(p.result_stride));
  result.noalias() = weights.transpose() * tokens;
}

}  // namespace

}  // namespace bantam::engine

// ggml's matrix product calls this in place of llamafile_sgemm (see cmake/bantam_llama.cmake), once in each
// of its threads. False: not computed, ggml takes its general path.
extern "C" bool bantam_sgemm(const ggml_compute_params* params, std::int64_t rows, std::int64_t columns,
                             std::int64_t inner, const void* weights, std::int64_t weight_stride,
                             const void* tokens, std::int64_t token_stride, void* result,
                             std::int64_t result_stride, int weight_type, int token_type, int result_type) {
  using namespace bantam::engine;
  if (rows_as_alone()) return false;
  const bool floats =
      weight_type == GGML_TYPE_F32 && token_type == GGML_TYPE_F32 && result_type == GGML_TYPE_F32;
  if (!floats || columns < kFewestTokens || rows < kFewestRows || !own_kernels()) {
    return llamafile_sgemm(params, rows, columns, inner, weights, weight_stride, tokens, token_stride, result,
                           result_stride, weight_type, token_type, result_type);
  }
  const Product product{static_cast<const float*>(weights),
                        weight_stride,
                        static_cast<const float*>(tokens),
                        token_stride,
                        static_cast<float*>(result),
                        result_stride,
                        inner};
  constexpr std::int64_t kRowStep = 48;  // rows and columns of Eigen's register block with 512-bit vectors
  constexpr std::int64_t kColumnStep = 4;
  // Each thread packs all of the side that is not cut: the longer one is cut.
  if (rows >= columns) {
    multiply(product, share(rows, kRowStep, params->ith, params->nth), {0, columns});
  } else {
    multiply(product, {0, rows}, share(columns, kColumnStep, params->ith, params->nth));
  }
  return true;
}
