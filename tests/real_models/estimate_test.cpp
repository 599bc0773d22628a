// What the engine plans for a model without loading it is what it takes when it does.

#include "engine/llama/estimate.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "engine/llama/engine.hpp"
#include "engine/llama/head.hpp"
#include "gguf/model_info.hpp"
#include "model/llama/quantize.hpp"
#include "support/temp_dir.hpp"

namespace bantam::engine {
namespace {

std::filesystem::path nano() {
  return std::filesystem::path(BANTAM_SOURCE_DIR) / "models/nano/nano-f16.gguf";
}

EstimateRequest request_for(const std::filesystem::path& path) {
  EstimateRequest request;
  request.parts = {{path, static_cast<std::int64_t>(std::filesystem::file_size(path))}};
  request.engine.threads = 1;
  request.prompt = "Once upon a time there was a lighthouse.";
  request.new_tokens = 16;
  request.streams = 4;
  return request;
}

std::map<std::string, std::string> types_of(const std::filesystem::path& path) {
  std::map<std::string, std::string> types;
  const auto content = gguf::read_gguf(path);
  if (!content) return types;
  for (const gguf::Tensor& tensor : content->tensors) types[tensor.name] = tensor.type.name;
  return types;
}

// The first `bytes` of the file and nothing else.
std::filesystem::path head_of(const std::filesystem::path& path, std::size_t bytes,
                              const std::filesystem::path& to) {
  std::string head(bytes, '\0');
  std::ifstream(path, std::ios::binary).read(head.data(), static_cast<std::streamsize>(bytes));
  std::ofstream(to, std::ios::binary) << head;
  return to;
}

TEST(LlamaEstimate, BuffersAreThoseOfTheOpenedModel) {
  EstimateRequest request = request_for(nano());
  request.file_piece_bytes = 1;
  const auto estimated = estimate(request);
  ASSERT_TRUE(estimated) << estimated.error().message;
  const int tokens = static_cast<int>(estimated->single.prompt_tokens + 1 + request.new_tokens);
  const auto engine = open_llama(nano(), request.engine, {tokens, request.streams}, nullptr);
  ASSERT_TRUE(engine) << engine.error().message;
  const MemoryUse real = (*engine)->memory();
  EXPECT_EQ(estimated->memory.kv, real.kv_bytes);
  EXPECT_EQ(estimated->reserved_compute_bytes, real.compute_bytes);
  EXPECT_EQ(estimated->weight_bytes, (*engine)->properties().weight_bytes);
  // Of the file what requests read: fp16 weights have no repacked copy.
  EXPECT_EQ(estimated->memory.file, (*engine)->properties().weight_bytes);
  EXPECT_LE(estimated->memory.compute, estimated->reserved_compute_bytes);
  EXPECT_FALSE(estimated->on_accelerator);
}

TEST(LlamaEstimate, TheHeadAloneGivesTheSame) {
  const support::TempDir folder;
  const auto content = gguf::read_gguf(nano());
  ASSERT_TRUE(content);
  EstimateRequest whole = request_for(nano());
  EstimateRequest head = whole;
  head.parts[0].path = head_of(nano(), content->data_offset, folder.path() / "head.gguf");
  const auto from_whole = estimate(whole);
  const auto from_head = estimate(head);
  ASSERT_TRUE(from_whole) << from_whole.error().message;
  ASSERT_TRUE(from_head) << from_head.error().message;
  EXPECT_EQ(to_json(*from_head), to_json(*from_whole));
  const auto again = estimate_from(to_json(*from_head));
  ASSERT_TRUE(again);
  EXPECT_EQ(to_json(*again), to_json(*from_head));
}

TEST(LlamaEstimate, ADamagedHeadIsAnError) {
  const support::TempDir folder;
  EstimateRequest request = request_for(nano());
  request.parts[0].path = head_of(nano(), 1000, folder.path() / "head.gguf");
  const auto estimated = estimate(request);
  ASSERT_FALSE(estimated);
  EXPECT_EQ(estimated.error().kind, base::ErrorKind::bad_input);
}

TEST(LlamaEstimate, WorkIsThatOfTheWeights) {
  const auto estimated = estimate(request_for(nano()));
  const auto info = gguf::inspect(nano());
  ASSERT_TRUE(estimated) << estimated.error().message;
  ASSERT_TRUE(info);
  std::int64_t elements = 0;
  for (const MatrixWork& matrix : estimated->single.decode.matrices) {
    EXPECT_EQ(matrix.columns, 1);
    EXPECT_EQ(matrix.bytes, matrix.inner * matrix.rows * 2);  // F16
    elements += matrix.inner * matrix.rows * matrix.count;
  }
  // Every matrix is read once a token: all parameters but the norms. nano's embedding is its output matrix.
  std::int64_t matrices = 0;
  for (const gguf::TensorShare& share : info->tensor_types) {
    if (share.type == "F16") matrices += share.elements;
  }
  EXPECT_EQ(elements, matrices);
  ASSERT_EQ(estimated->single.decode.attentions.size(), 1U);
  const AttentionWork& attention = estimated->single.decode.attentions[0];
  EXPECT_EQ(attention.count, *info->layers);
  EXPECT_EQ(attention.heads, *info->heads);
  EXPECT_EQ(attention.kv_heads, *info->kv_heads);
  ASSERT_TRUE(estimated->batch);
  EXPECT_EQ(estimated->batch->decode.tokens, 4);
}

TEST(LlamaEstimate, LongPromptsAreComputedInParts) {
  EstimateRequest request = request_for(nano());
  request.prompt_tokens = 1200;
  request.streams = 1;
  const auto estimated = estimate(request);
  ASSERT_TRUE(estimated) << estimated.error().message;
  ASSERT_EQ(estimated->single.prefill.size(), 3U);
  EXPECT_EQ(estimated->single.prefill[0].tokens, 512);
  EXPECT_EQ(estimated->single.prefill[2].tokens, 1200 - 2 * 512);
  EXPECT_FALSE(estimated->batch);
}

TEST(LlamaEstimate, CacheBytesFollowTheType) {
  EstimateRequest request = request_for(nano());
  request.cache_types = {"f16", "q8_0", "q4_0"};
  const auto estimated = estimate(request);
  ASSERT_TRUE(estimated) << estimated.error().message;
  ASSERT_EQ(estimated->cache.size(), 3U);
  EXPECT_EQ(estimated->cache[0].bytes, estimated->memory.kv);
  EXPECT_EQ(estimated->cache[1].bytes * 32, estimated->cache[0].bytes * 17);  // 34 bytes for 32 elements
  EXPECT_EQ(estimated->cache[2].bytes * 32, estimated->cache[0].bytes * 9);
}

TEST(LlamaEstimate, APromptThatFillsTheContextIsRefused) {
  EstimateRequest request = request_for(nano());
  request.prompt_tokens = 1 << 20;
  const auto estimated = estimate(request);
  ASSERT_FALSE(estimated);
  EXPECT_EQ(estimated.error().kind, base::ErrorKind::bad_input);
}

class HollowQuantized : public ::testing::TestWithParam<const char*> {};

TEST_P(HollowQuantized, HasTheTypesAndTheSizeOfTheQuantizedFile) {
  const support::TempDir folder;
  const auto target = folder.path() / "real.gguf";
  const auto made = model::quantize_file(nano(), target, GetParam(), 1);
  ASSERT_TRUE(made) << made.error().message;
  const auto hollow = hollow_quantized(nano(), GetParam());
  ASSERT_TRUE(hollow) << hollow.error().message;
  EXPECT_EQ(types_of(hollow->path()), types_of(target));
  EXPECT_EQ(std::filesystem::file_size(hollow->path()), std::filesystem::file_size(target));
}

INSTANTIATE_TEST_SUITE_P(Types, HollowQuantized,
                         ::testing::Values("F32", "BF16", "Q8_0", "Q6_K", "Q5_K_M", "Q5_K_S", "Q5_0",
                                           "Q4_K_M", "Q4_K_S", "Q4_0", "Q3_K_L", "Q3_K_M", "Q3_K_S", "Q2_K"),
                         [](const auto& type) { return std::string(type.param); });

}  // namespace
}  // namespace bantam::engine
