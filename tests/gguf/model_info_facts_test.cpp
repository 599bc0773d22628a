#include "gguf/model_info.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/gguf_builder.hpp"
#include "support/temp_dir.hpp"

namespace bantam::gguf {
namespace {

using support::GgufBuilder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

GgufContent content_of(const GgufBuilder& gguf) {
  const std::string bytes = gguf.bytes();
  HeadInMemory file("m.gguf", bytes, bytes.size());
  auto content = read_gguf(file);
  EXPECT_TRUE(content) << content.error().message;
  return content.value_or(GgufContent{});
}

ModelInfo info_of(const GgufBuilder& gguf) {
  auto info = inspect(content_of(gguf), "m.gguf");
  EXPECT_TRUE(info) << info.error().message;
  return info.value_or(ModelInfo{});
}

GgufBuilder decoder() {
  GgufBuilder gguf;
  gguf.text("general.architecture", "llama").u32("llama.block_count", 2).u32("llama.embedding_length", 64);
  gguf.u32("llama.attention.head_count", 4).tensor("a.weight", 0, {32, 2}, 256);
  return gguf;
}

TEST(AttentionFacts, FollowTheFormatsRulesWhereAFileIsSilent) {
  const AttentionFacts facts = info_of(decoder()).attention;
  EXPECT_EQ(facts.head_size_k, 16);  // 64 / 4
  EXPECT_EQ(facts.head_size_v, 16);
  EXPECT_THAT(facts.kv_heads, ElementsAre(4, 4)) << "as many as heads";
  EXPECT_FALSE(facts.sliding_window);
}

TEST(AttentionFacts, OfEachLayer) {
  GgufBuilder gguf = decoder();
  gguf.u32s("llama.attention.head_count_kv", {2, 1}).u32("llama.attention.key_length", 8);
  gguf.u32("llama.attention.value_length", 32).u32("llama.attention.sliding_window", 512);
  gguf.u32s("llama.attention.sliding_window_pattern", {1, 0});
  const AttentionFacts facts = info_of(gguf).attention;
  EXPECT_THAT(facts.kv_heads, ElementsAre(2, 1));
  EXPECT_EQ(facts.head_size_k, 8);
  EXPECT_EQ(facts.head_size_v, 32);
  EXPECT_EQ(facts.sliding_window, 512);
  EXPECT_THAT(facts.sliding, ElementsAre(true, false));
}

TEST(AttentionFacts, TooFewLayersAreNotBelieved) {
  EXPECT_THAT(info_of(decoder().u32s("llama.attention.head_count_kv", {2})).attention.kv_heads, IsEmpty());
}

TEST(Encoders, AreToldByArchitectureOrByWhatTheFileSays) {
  GgufBuilder bert;
  bert.text("general.architecture", "bert").u32("bert.pooling_type", 1).tensor("a.weight", 0, {32, 2}, 256);
  const ModelInfo info = info_of(bert);
  EXPECT_TRUE(info.is_encoder);
  EXPECT_EQ(info.pooling, "mean");
  const auto refused = check_generates(info, "m.gguf");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, base::ErrorKind::bad_input);
  EXPECT_THAT(refused.error().message, HasSubstr("m.gguf: bert models"));

  EXPECT_FALSE(info_of(decoder()).is_encoder);
  EXPECT_FALSE(info_of(decoder().boolean("llama.attention.causal", true)).is_encoder);
  EXPECT_TRUE(info_of(decoder().boolean("llama.attention.causal", false)).is_encoder);
  EXPECT_TRUE(check_generates(info_of(decoder()), "m.gguf"));
}

TEST(SpecialTokens, HaveTheirTexts) {
  const GgufContent content = content_of(support::tiny_model().u32("tokenizer.ggml.padding_token_id", 99));
  const auto tokens = special_tokens(content);
  ASSERT_EQ(tokens.size(), 3U);
  EXPECT_EQ(tokens[0].duty, "bos");
  EXPECT_EQ(tokens[0].text, "<s>");
  EXPECT_EQ(tokens[1].text, "</s>");
  EXPECT_EQ(tokens[2].duty, "padding");
  EXPECT_FALSE(tokens[2].text) << "no such token";
}

TEST(Roles, AreThoseThatATemplateAsksFor) {
  EXPECT_THAT(roles_in("{% if message['role'] == 'user' %}{% elif m.role == \"assistant\" %}"),
              ElementsAre("user", "assistant"));
  EXPECT_THAT(roles_in("{%- if messages[0][\"role\"] != 'system' and x.role in ['tool', 'ipython'] %}"),
              ElementsAre("system", "tool"));
  EXPECT_THAT(roles_in("<|im_start|>{{ message.role }}\n"), IsEmpty());
  EXPECT_THAT(roles_in("role == 'unclosed"), IsEmpty());
  EXPECT_THAT(roles_in("role"), IsEmpty());
}

TEST(Fallbacks, NamesMatricesWhoseRowsDoNotFit) {
  const auto tensor = [](const char* name, const char* type, std::vector<std::uint64_t> shape) {
    Tensor made;
    made.name = name;
    made.type.name = type;
    made.shape = std::move(shape);
    return made;
  };
  GgufContent content;
  content.tensors = {
      tensor("blk.0.attn_q.weight", "Q5_0", {576, 576}),    tensor("blk.1.attn_q.weight", "Q5_0", {576, 576}),
      tensor("blk.0.ffn_down.weight", "Q4_K", {1536, 576}), tensor("blk.0.attn_norm.weight", "F32", {576}),
      tensor("blk.0.odd.weight", "F16", {30, 576}),         tensor("positions.weight", "F16", {576, 64})};
  const auto found = find_fallbacks(content, "Q4_K_M");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].tensors, "blk.*.attn_q.weight");
  EXPECT_EQ(found[0].type, "Q5_0");
  EXPECT_EQ(found[0].row, 576);
  EXPECT_EQ(found[0].count, 2);
  EXPECT_EQ(found[1].tensors, "blk.*.odd.weight");
  EXPECT_TRUE(find_fallbacks(content, "F16").empty());
  EXPECT_EQ(find_fallbacks(content, "Q4_0").size(), 1U) << "576 is a multiple of 32";
}

}  // namespace
}  // namespace bantam::gguf
