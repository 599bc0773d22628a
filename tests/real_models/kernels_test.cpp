// The kernels for scoring against sums in double precision, and against ggml's own, through ggml's graphs.
#include "engine/llama/kernels.hpp"

#include <ggml-cpu.h>
#include <ggml.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <random>
#include <vector>

namespace bantam::engine {
namespace {

struct FreeContext {
  void operator()(ggml_context* context) const { ggml_free(context); }
};

class Graph {
 public:
  Graph() : context_(ggml_init({std::size_t{256} << 20, nullptr, false})) {}
  ggml_context* context() { return context_.get(); }

  // The values of `result`, computed by `threads` threads.
  std::vector<float> compute(ggml_tensor* result, int threads, bool own) {
    const KernelGuard guard(own);
    ggml_cgraph* graph = ggml_new_graph(context());
    ggml_build_forward_expand(graph, result);
    EXPECT_EQ(ggml_graph_compute_with_ctx(context(), graph, threads), GGML_STATUS_SUCCESS);
    const auto* values = static_cast<const float*>(result->data);
    return {values, values + ggml_nelements(result)};
  }

 private:
  std::unique_ptr<ggml_context, FreeContext> context_;
};

void fill(ggml_tensor* tensor, std::mt19937& random) {
  std::normal_distribution<float> normal;
  for (std::int64_t i = 0; i < ggml_nelements(tensor); ++i) {
    const float value = normal(random);
    if (tensor->type == GGML_TYPE_F32) {
      static_cast<float*>(tensor->data)[i] = value;
    } else {
      static_cast<ggml_fp16_t*>(tensor->data)[i] = ggml_fp32_to_fp16(value);
    }
  }
}

double value_at(const ggml_tensor* tensor, std::int64_t i0, std::int64_t i1, std::int64_t i2 = 0) {
  const std::int64_t i = i0 + tensor->ne[0] * (i1 + tensor->ne[1] * i2);
  return tensor->type == GGML_TYPE_F32
             ? static_cast<double>(static_cast<const float*>(tensor->data)[i])
             : static_cast<double>(ggml_fp16_to_fp32(static_cast<const ggml_fp16_t*>(tensor->data)[i]));
}

struct ProductShape {
  std::int64_t inner, rows, columns;
};

class KernelProduct : public testing::TestWithParam<ProductShape> {};

TEST_P(KernelProduct, IsTheSumInDoublePrecision) {
  const auto [inner, rows, columns] = GetParam();
  for (const int threads : {1, 2, 3}) {
    Graph graph;
    std::mt19937 random(7);
    ggml_tensor* weights = ggml_new_tensor_2d(graph.context(), GGML_TYPE_F32, inner, rows);
    ggml_tensor* tokens = ggml_new_tensor_2d(graph.context(), GGML_TYPE_F32, inner, columns);
    fill(weights, random);
    fill(tokens, random);
    const auto values = graph.compute(ggml_mul_mat(graph.context(), weights, tokens), threads, true);
    for (std::int64_t column = 0; column < columns; ++column) {
      for (std::int64_t row = 0; row < rows; ++row) {
        double sum = 0.0;
        for (std::int64_t i = 0; i < inner; ++i)
          sum += value_at(weights, i, row) * value_at(tokens, i, column);
        ASSERT_NEAR(values[static_cast<std::size_t>(column * rows + row)], sum, 1e-4) << threads;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, KernelProduct,
                         testing::Values(ProductShape{64, 96, 40}, ProductShape{100, 17, 33},
                                         ProductShape{33, 250, 64}, ProductShape{576, 31, 130},
                                         ProductShape{64, 8, 40}, ProductShape{64, 96, 5}));

struct AttentionShape {
  std::int64_t size, queries, cells, heads, groups;
  ggml_type type;
  double tolerance;
};

class KernelAttention : public testing::TestWithParam<AttentionShape> {
 protected:
  // Cell c is seen by the queries from c - `before` on, every seventh cell by none.
  static bool seen(std::int64_t query, std::int64_t cell) { return cell % 7 != 3 && cell <= query + kBefore; }
  static constexpr std::int64_t kBefore = 90;

  static double expected(const ggml_tensor* q, const ggml_tensor* k, const ggml_tensor* v, std::int64_t head,
                         std::int64_t query, std::int64_t at) {
    const std::int64_t group = head / (q->ne[2] / k->ne[2]);
    double weights = 0.0;
    double sum = 0.0;
    for (std::int64_t cell = 0; cell < k->ne[1]; ++cell) {
      if (!seen(query, cell)) continue;
      double score = 0.0;
      for (std::int64_t i = 0; i < q->ne[0]; ++i)
        score += value_at(q, i, query, head) * value_at(k, i, cell, group);
      const double weight = std::exp(score / std::sqrt(static_cast<double>(q->ne[0])));
      weights += weight;
      sum += weight * value_at(v, at, cell, group);
    }
    return sum / weights;
  }
};

TEST_P(KernelAttention, IsTheWeightedSumInDoublePrecision) {
  const AttentionShape shape = GetParam();
  Graph graph;
  ggml_context* context = graph.context();
  std::mt19937 random(11);
  ggml_tensor* q = ggml_new_tensor_3d(context, GGML_TYPE_F32, shape.size, shape.queries, shape.heads);
  ggml_tensor* k = ggml_new_tensor_3d(context, shape.type, shape.size, shape.cells, shape.groups);
  ggml_tensor* v = ggml_new_tensor_3d(context, shape.type, shape.size, shape.cells, shape.groups);
  ggml_tensor* mask = ggml_new_tensor_2d(context, GGML_TYPE_F16, shape.cells, shape.queries);
  for (ggml_tensor* tensor : {q, k, v}) fill(tensor, random);
  for (std::int64_t query = 0; query < shape.queries; ++query) {
    for (std::int64_t cell = 0; cell < shape.cells; ++cell) {
      static_cast<ggml_fp16_t*>(mask->data)[query * shape.cells + cell] =
          ggml_fp32_to_fp16(seen(query, cell) ? 0.0F : -INFINITY);
    }
  }
  const float scale = 1.0F / std::sqrt(static_cast<float>(shape.size));
  ggml_tensor* result = ggml_flash_attn_ext(context, q, k, v, mask, scale, 0.0F, 0.0F);
  for (const int threads : {1, 2}) {
    const auto values = graph.compute(result, threads, true);
    std::size_t next = 0;  // [size, heads, queries]
    for (std::int64_t query = 0; query < shape.queries; ++query) {
      for (std::int64_t head = 0; head < shape.heads; ++head) {
        for (std::int64_t i = 0; i < shape.size; ++i) {
          ASSERT_NEAR(values[next++], expected(q, k, v, head, query, i), shape.tolerance) << threads;
        }
      }
    }
  }
}

// So few queries as in the last one are left to ggml, which rounds queries to f16.
INSTANTIATE_TEST_SUITE_P(Shapes, KernelAttention,
                         testing::Values(AttentionShape{64, 70, 256, 6, 2, GGML_TYPE_F16, 2e-5},
                                         AttentionShape{32, 33, 130, 4, 4, GGML_TYPE_F32, 2e-5},
                                         AttentionShape{16, 65, 700, 3, 1, GGML_TYPE_F16, 2e-5},
                                         AttentionShape{64, 8, 256, 6, 2, GGML_TYPE_F16, 2e-3}));

TEST(Kernels, AreOffUntilAGuardAndAfterIt) {
  EXPECT_FALSE(own_kernels());
  {
    const KernelGuard on(true);
    EXPECT_TRUE(own_kernels());
    {
      const KernelGuard off(false);
      EXPECT_FALSE(own_kernels());
    }
    EXPECT_TRUE(own_kernels());
  }
  EXPECT_FALSE(own_kernels());
}

}  // namespace
}  // namespace bantam::engine
