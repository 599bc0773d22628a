// Sums of squares from graph nodes, against sums by hand. The nodes are shown to the collector as llama.cpp's
// scheduler shows them: operands with data, the product itself not computed.
#include "engine/llama/importance.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <cmath>
#include <cstring>
#include <map>

#include "base/files.hpp"
#include "engine/llama/ggml.hpp"
#include "gguf/reader.hpp"
#include "support/temp_dir.hpp"

namespace bantam::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ImportanceTest : public testing::Test {
 protected:
  // Tensors that are made before allocate() have memory after it.
  ggml_tensor* floats(const char* name, std::int64_t n0, std::int64_t n1, std::int64_t n2 = 1) {
    ggml_tensor* tensor = ggml_new_tensor_3d(context_.get(), GGML_TYPE_F32, n0, n1, n2);
    ggml_set_name(tensor, name);
    return tensor;
  }
  void allocate() { buffer_.reset(ggml_backend_alloc_ctx_tensors(context_.get(), backend_.get())); }
  template <typename T>
  static void fill(ggml_tensor* tensor, const std::vector<T>& values) {
    ASSERT_EQ(ggml_nbytes(tensor), values.size() * sizeof(T));
    ggml_backend_tensor_set(tensor, values.data(), 0, ggml_nbytes(tensor));
  }
  bool show(ggml_tensor* node) { return ImportanceSums::watch(node, false, &sums_); }
  bool wants(ggml_tensor* node) { return ImportanceSums::watch(node, true, &sums_); }

  std::map<std::string, std::vector<float>> written() {
    const auto path = folder_.path() / "matrix.gguf";
    EXPECT_TRUE(sums_.write(path, "text", 1, 16));
    const auto content = gguf::read_gguf(path).value();
    const auto bytes = base::read_file(path).value();
    std::map<std::string, std::vector<float>> all;
    for (const gguf::Tensor& tensor : content.tensors) {
      all[tensor.name].resize(tensor.elements);
      std::memcpy(all[tensor.name].data(), bytes.data() + content.data_offset + tensor.offset, tensor.bytes);
    }
    return all;
  }

  GgmlContext context_{ggml_init({std::size_t{1} << 20, nullptr, true})};
  GgmlBackend backend_{ggml_backend_cpu_init()};
  GgmlBuffer buffer_;
  ImportanceSums sums_;
  support::TempDir folder_;
};

TEST_F(ImportanceTest, WantsTheInputsOfLayersAndLongBatchesOnly) {
  const auto product = [&](const char* name, std::int64_t rows) {
    return ggml_mul_mat(context_.get(), floats(name, 4, 3), floats("inputs", 4, rows));
  };
  EXPECT_TRUE(wants(product("blk.0.ffn_up.weight", 16)));
  EXPECT_TRUE(wants(product("CUDA0#blk.0.ffn_up.weight#0", 16)));
  EXPECT_FALSE(wants(product("blk.0.ffn_up.weight", 15)));
  EXPECT_FALSE(wants(product("output.weight", 16)));
  EXPECT_FALSE(wants(ggml_add(context_.get(), floats("a", 4, 16), floats("b", 4, 16))));
}

TEST_F(ImportanceTest, SumsSquaresOfEachColumnOverAllRowsAndBatches) {
  ggml_tensor* inputs = floats("inputs", 2, 3);
  ggml_tensor* node = ggml_mul_mat(context_.get(), floats("CUDA0#blk.1.attn_q.weight#0", 2, 5), inputs);
  allocate();
  fill<float>(inputs, {1, 10, 2, 20, 3, 30});
  ASSERT_TRUE(show(node));
  fill<float>(inputs, {1, 0, 1, 0, 1, 0.5});
  ASSERT_TRUE(show(node));
  const auto all = written();
  EXPECT_THAT(all.at("blk.1.attn_q.weight.in_sum2"), ElementsAre(14 + 3, 1400.25F));
  EXPECT_THAT(all.at("blk.1.attn_q.weight.counts"), ElementsAre(6));
}

// Three experts, two of them used by each token; every expert's input is the token's own.
TEST_F(ImportanceTest, SumsEachExpertsOwnTokens) {
  ggml_tensor* inputs = floats("inputs", 2, 1, 2);
  ggml_tensor* ids = ggml_new_tensor_2d(context_.get(), GGML_TYPE_I32, 2, 2);
  ggml_tensor* node =
      ggml_mul_mat_id(context_.get(), floats("blk.0.ffn_up_exps.weight", 2, 4, 3), inputs, ids);
  ASSERT_TRUE(wants(node));
  allocate();
  fill<float>(inputs, {1, 2, 3, 4});
  fill<std::int32_t>(ids, {0, 2, 2, 0});
  ASSERT_TRUE(show(node));
  const auto all = written();
  EXPECT_THAT(all.at("blk.0.ffn_up_exps.weight.in_sum2"), ElementsAre(10, 20, 0, 0, 10, 20));
  EXPECT_THAT(all.at("blk.0.ffn_up_exps.weight.counts"), ElementsAre(2, 0, 2));
  EXPECT_EQ(sums_.unused_experts(), 1);
}

// The second product of an expert has an input of its own for each expert that is used.
TEST_F(ImportanceTest, TakesTheInputOfTheExpertsPlace) {
  ggml_tensor* inputs = floats("inputs", 1, 2, 1);
  ggml_tensor* ids = ggml_new_tensor_2d(context_.get(), GGML_TYPE_I32, 2, 1);
  ggml_tensor* node =
      ggml_mul_mat_id(context_.get(), floats("blk.0.ffn_down_exps.weight", 1, 4, 2), inputs, ids);
  allocate();
  fill<float>(inputs, {3, 5});
  fill<std::int32_t>(ids, {1, 0});
  ASSERT_TRUE(show(node));
  EXPECT_THAT(written().at("blk.0.ffn_down_exps.weight.in_sum2"), ElementsAre(25, 9));
}

TEST_F(ImportanceTest, InputsThatAreNotFiniteEndIt) {
  ggml_tensor* inputs = floats("inputs", 2, 1);
  ggml_tensor* node = ggml_mul_mat(context_.get(), floats("blk.7.ffn_down.weight", 2, 5), inputs);
  allocate();
  fill<float>(inputs, {1, std::nanf("")});
  EXPECT_FALSE(show(node));
  ASSERT_FALSE(sums_.status());
  EXPECT_EQ(sums_.status().error().kind, base::ErrorKind::integrity);
  EXPECT_THAT(sums_.status().error().message, HasSubstr("blk.7.ffn_down.weight"));
}

}  // namespace
}  // namespace bantam::engine
