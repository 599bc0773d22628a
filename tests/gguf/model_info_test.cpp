#include "gguf/model_info.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <cstdlib>
#include <fstream>

#include "base/text.hpp"
#include "support/gguf_builder.hpp"
#include "support/shared.hpp"
#include "support/temp_dir.hpp"

namespace bantam::gguf {
namespace {

using support::GgufBuilder;

ModelInfo inspected(const std::string& bytes) {
  const support::TempDir folder;
  auto info = inspect(support::write_bytes(folder.path() / "m.gguf", bytes));
  EXPECT_TRUE(info) << info.error().message;
  return info.value_or(ModelInfo{});
}

TEST(ModelInfo, OfTheTinyModel) {
  const ModelInfo info = inspected(support::tiny_model().bytes());
  EXPECT_EQ(info.architecture, "llama");
  EXPECT_EQ(info.name, "Tiny");
  EXPECT_EQ(info.parameters, 32 * 4 + 32);
  EXPECT_EQ(info.weight_bytes, 32 * 4 * 2 + 32 * 4);
  EXPECT_DOUBLE_EQ(info.bits_per_weight, 384.0 * 8 / 160);
  EXPECT_EQ(info.file_type, "F16");
  EXPECT_TRUE(info.float_weights);
  EXPECT_EQ(info.context_train, 128);
  EXPECT_EQ(info.vocabulary, 4);
  EXPECT_EQ(info.embedding, 32);
  EXPECT_EQ(info.layers, 1);
  EXPECT_EQ(info.heads, 4);
  EXPECT_EQ(info.kv_heads, 2);
  EXPECT_EQ(info.adds_bos, true);
  EXPECT_EQ(info.bos_id, 0);
  EXPECT_EQ(info.eos_id, 1);
  EXPECT_TRUE(info.has_chat_template);
}

TEST(ModelInfo, WhatTheFileDoesNotSayIsAbsent) {
  GgufBuilder gguf;
  gguf.text("general.architecture", "llama").tensor("a.weight", 0, {32, 2}, 256);
  const ModelInfo info = inspected(gguf.bytes());
  EXPECT_FALSE(info.context_train);
  EXPECT_FALSE(info.vocabulary);
  EXPECT_FALSE(info.adds_bos);
  EXPECT_FALSE(info.bos_id);
  EXPECT_FALSE(info.has_chat_template);
  const base::Json json = to_json(info);
  EXPECT_FALSE(json.contains("context_train"));
  EXPECT_EQ(json["tensor_types"]["F32"]["tensors"], 1);
}

TEST(ModelInfo, HeadsGivenPerLayerCountByTheLargest) {
  GgufBuilder gguf;
  gguf.text("general.architecture", "x")
      .u32s("x.attention.head_count", {4, 12, 8})
      .tensor("a", 0, {32, 2}, 256);
  EXPECT_EQ(inspected(gguf.bytes()).heads, 12);
  EXPECT_EQ(inspected(gguf.bytes()).kv_heads, 12);
}

TEST(ModelInfo, TheMatricesOverruleAFalseFileType) {
  GgufBuilder gguf;
  gguf.text("general.architecture", "llama").u32("general.file_type", 1).tensor("a.weight", 8, {32, 2}, 68);
  const ModelInfo info = inspected(gguf.bytes());
  EXPECT_EQ(info.file_type, "Q8_0");
  EXPECT_FALSE(info.float_weights);
}

TEST(ModelInfo, OneQuantizedMatrixMakesAQuantizedModel) {
  GgufBuilder gguf;
  gguf.text("general.architecture", "llama")
      .tensor("a.weight", 1, {32, 200}, 12800)
      .tensor("b.weight", 8, {32, 2}, 68);
  EXPECT_FALSE(inspected(gguf.bytes()).float_weights);
}

// Expected values: SOURCE.md and ppl_expected.json beside the file.
TEST(ModelInfo, OfTheProbeModel) {
  SKIP_WITHOUT_SHARED("models/probe/probe-f16.gguf");
  const auto info = inspect(support::shared_folder() / "models/probe/probe-f16.gguf");
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->parameters, 3672320);
  EXPECT_EQ(info->weight_bytes, 7349248);
  EXPECT_EQ(info->file_bytes, 7410880);
  EXPECT_NEAR(info->bits_per_weight, 16.01, 0.005);
  EXPECT_EQ(info->file_type, "F16");
  EXPECT_EQ(info->vocabulary, 2048);
  EXPECT_EQ(info->context_train, 2048);
  EXPECT_EQ(info->embedding, 256);
  EXPECT_EQ(info->layers, 4);
  EXPECT_EQ(info->heads, 4);
  EXPECT_EQ(info->kv_heads, 2);
  EXPECT_EQ(info->adds_bos, false);
  EXPECT_EQ(info->bos_id, 0);
  EXPECT_EQ(info->eos_id, 1);
  ASSERT_EQ(info->tensor_types.size(), 2u);
  EXPECT_EQ(info->tensor_types[0].type, "F16");
  EXPECT_EQ(info->tensor_types[0].tensors, 29);
  EXPECT_EQ(info->tensor_types[1].tensors, 9);
}

TEST(ModelInfo, OfAnAllFloat32Model) {
  SKIP_WITHOUT_SHARED("models/stories260K/stories260K-f32.gguf");
  const auto info = inspect(support::shared_folder() / "models/stories260K/stories260K-f32.gguf");
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->file_type, "F32");
  EXPECT_TRUE(info->float_weights);
  EXPECT_EQ(info->vocabulary, 512);
}

TEST(ModelInfo, ALargeVocabularyIsReadWhole) {
  GgufBuilder gguf;
  std::vector<std::string> tokens;
  for (int i = 0; i < 151936; ++i) tokens.push_back("token " + std::to_string(i));
  gguf.text("general.architecture", "qwen2").texts("tokenizer.ggml.tokens", tokens);
  gguf.texts("tokenizer.ggml.merges", tokens).tensor("token_embd.weight", 8, {32, 151936}, 34ull * 151936);
  const support::TempDir folder;
  const auto path = support::write_bytes(folder.path() / "m.gguf", gguf.bytes());
  const auto info = inspect(path);
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->vocabulary, 151936);
}

}  // namespace
}  // namespace bantam::gguf
