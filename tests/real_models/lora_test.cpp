// LoRA adapters: what merging computes, and that a merged model is the one that an applied adapter makes.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "engine/llama/engine.hpp"
#include "gguf/model_info.hpp"
#include "gguf/reader.hpp"
#include "model/adapter.hpp"
#include "model/llama/merge.hpp"
#include "model/llama/quantize.hpp"
#include "model/make_artifact.hpp"
#include "plan/precision.hpp"
#include "support/gguf_builder.hpp"
#include "support/shared.hpp"
#include "support/temp_dir.hpp"

namespace bantam::model {
namespace {

namespace fs = std::filesystem;
using support::GgufBuilder;
using testing::ElementsAre;
using testing::HasSubstr;
using Values = std::vector<float>;

fs::path nano() {
  return fs::path(BANTAM_SOURCE_DIR) / "models/nano/nano-f16.gguf";
}
fs::path beekeeper() {
  return fs::path(BANTAM_SOURCE_DIR) / "models/nano/nano-lora-beekeeper.gguf";
}

struct NamedTensor {
  std::string name;
  std::vector<std::uint64_t> shape;
  Values values;
};

fs::path write_f32(const fs::path& path, GgufBuilder gguf, const std::vector<NamedTensor>& tensors) {
  std::string weights;
  for (const NamedTensor& tensor : tensors) {
    const std::uint64_t bytes = tensor.values.size() * sizeof(float);
    gguf.tensor(tensor.name, 0, tensor.shape, bytes);
    weights.append(reinterpret_cast<const char*>(tensor.values.data()), bytes);
    weights.resize((weights.size() + 31) / 32 * 32, '\0');
  }
  return support::write_bytes(path, gguf.head() + weights);
}

GgufBuilder adapter_keys(float alpha, const std::string& architecture = "llama") {
  GgufBuilder gguf;
  gguf.text("general.type", "adapter")
      .text("general.architecture", architecture)
      .text("general.name", "tilt")
      .text("adapter.type", "lora")
      .raw("adapter.lora.alpha", 6, GgufBuilder::bytes_of(alpha));
  return gguf;
}

GgufBuilder base_keys() {
  GgufBuilder gguf;
  gguf.text("general.architecture", "llama").text("general.name", "Base").u32("general.file_type", 0);
  return gguf;
}

Values values_of(const fs::path& path, const std::string& name) {
  const auto content = gguf::read_gguf(path).value();
  const gguf::Tensor* tensor = content.find_tensor(name);
  if (tensor == nullptr || tensor->type.name != "F32") return {};
  const std::string bytes = base::read_file(path).value();
  Values values(tensor->elements);
  std::memcpy(values.data(), bytes.data() + content.data_offset + tensor->offset, tensor->bytes);
  return values;
}

class Merge : public testing::Test {
 protected:
  fs::path path(const char* name) const { return folder_.path() / name; }

 private:
  support::TempDir folder_;
};

// W is 3 x 2 (2 inputs, 3 outputs), the rank 2: by hand W + scale x alpha / rank x B A.
TEST_F(Merge, AddsTheProductOfTheFactors) {
  const auto base = write_f32(
      path("base"), base_keys(),
      {{"blk.0.attn_q.weight", {2, 3}, {1, 2, 3, 4, 5, 6}}, {"blk.0.attn_norm.weight", {2}, {7, 8}}});
  const auto adapter = write_f32(path("adapter"), adapter_keys(8.0F),
                                 {{"blk.0.attn_q.weight.lora_a", {2, 2}, {1, 0, 0, 2}},
                                  {"blk.0.attn_q.weight.lora_b", {2, 3}, {1, 0, 0, 1, 1, 1}}});
  const auto merged = merge_adapter(base, adapter, 0.5, path("merged"));
  ASSERT_TRUE(merged) << merged.error().message;
  // B A = [[1, 0], [0, 2], [1, 2]]; 0.5 x 8 / 2 = 2.
  EXPECT_THAT(values_of(path("merged"), "blk.0.attn_q.weight"), ElementsAre(3, 2, 3, 8, 7, 10));
  EXPECT_THAT(values_of(path("merged"), "blk.0.attn_norm.weight"), ElementsAre(7, 8));
  const auto content = gguf::read_gguf(path("merged")).value();
  EXPECT_EQ(content.find_key("general.name")->value, "Base + lora tilt");
  EXPECT_EQ(content.find_key("bantam.lora.scale")->value, 0.5);
  EXPECT_EQ(content.find_key("bantam.lora.sha256")->value.get<std::string>().size(), 64U);
}

// The factors of an embedding change places: A has a column a token. Without alpha, B A counts as it is.
TEST_F(Merge, KnowsTheTurnedFactorsOfAnEmbedding) {
  const auto base = write_f32(
      path("base"), base_keys(),
      {{"token_embd.weight", {2, 3}, {0, 0, 0, 0, 0, 0}}, {"output.weight", {2, 3}, {1, 1, 1, 1, 1, 1}}});
  const auto adapter = write_f32(
      path("adapter"), adapter_keys(0.0F),
      {{"token_embd.weight.lora_a", {1, 3}, {1, 2, 3}}, {"token_embd.weight.lora_b", {1, 2}, {10, 100}}});
  const auto merged = merge_adapter(base, adapter, 1.0, path("merged"));
  ASSERT_TRUE(merged) << merged.error().message;
  EXPECT_THAT(values_of(path("merged"), "token_embd.weight"), ElementsAre(10, 100, 20, 200, 30, 300));
  EXPECT_THAT(values_of(path("merged"), "output.weight"), ElementsAre(1, 1, 1, 1, 1, 1));
}

TEST_F(Merge, ChangesEachExpertByItsOwnFactors) {
  const auto base =
      write_f32(path("base"), base_keys(), {{"blk.0.ffn_up_exps.weight", {1, 2, 2}, {0, 0, 0, 0}}});
  const auto adapter = write_f32(path("adapter"), adapter_keys(1.0F),
                                 {{"blk.0.ffn_up_exps.weight.lora_a", {1, 1, 2}, {1, 10}},
                                  {"blk.0.ffn_up_exps.weight.lora_b", {1, 2, 2}, {1, 2, 3, 4}}});
  const auto merged = merge_adapter(base, adapter, 1.0, path("merged"));
  ASSERT_TRUE(merged) << merged.error().message;
  EXPECT_THAT(values_of(path("merged"), "blk.0.ffn_up_exps.weight"), ElementsAre(1, 2, 30, 40));
}

TEST_F(Merge, RefusesWhatDoesNotFitAndLeavesNothing) {
  const auto base =
      write_f32(path("base"), base_keys(), {{"blk.0.attn_q.weight", {2, 3}, {1, 2, 3, 4, 5, 6}}});
  const std::vector<NamedTensor> fitting = {{"blk.0.attn_q.weight.lora_a", {2, 1}, {1, 1}},
                                            {"blk.0.attn_q.weight.lora_b", {1, 3}, {1, 1, 1}}};
  const auto refusal = [&](const fs::path& adapter) {
    const auto merged = merge_adapter(base, adapter, 1.0, path("merged"));
    EXPECT_FALSE(merged);
    EXPECT_FALSE(fs::exists(path("merged")));
    if (merged) return std::string();
    EXPECT_EQ(merged.error().kind, base::ErrorKind::bad_input);
    return merged.error().message;
  };
  EXPECT_THAT(refusal(write_f32(path("a1"), adapter_keys(1.0F, "qwen2"), fitting)),
              HasSubstr("is for a qwen2 model"));
  EXPECT_THAT(refusal(write_f32(path("a2"), adapter_keys(1.0F),
                                {{"blk.7.attn_q.weight.lora_a", {2, 1}, {1, 1}},
                                 {"blk.7.attn_q.weight.lora_b", {1, 3}, {1, 1, 1}}})),
              HasSubstr("blk.7.attn_q.weight, which the model does not have"));
  EXPECT_THAT(refusal(write_f32(path("a3"), adapter_keys(1.0F),
                                {{"blk.0.attn_q.weight.lora_a", {3, 1}, {1, 1, 1}},
                                 {"blk.0.attn_q.weight.lora_b", {1, 2}, {1, 1}}})),
              HasSubstr("which is 2 x 3 in the model and 3 x 2 in the adapter"));
  EXPECT_THAT(refusal(write_f32(path("a4"), adapter_keys(1.0F), {fitting[0]})),
              HasSubstr("only one of its two factors"));
  EXPECT_THAT(refusal(write_f32(path("a5"), adapter_keys(1.0F),
                                {fitting[0], fitting[1], {"blk.0.attn_norm.weight", {2}, {1, 1}}})),
              HasSubstr("would leave it out"));
  EXPECT_THAT(refusal(base), HasSubstr("not an adapter but a model"));
  EXPECT_THAT(refusal(path("missing")), HasSubstr("missing"));
}

TEST_F(Merge, RefusesAQuantizedBaseWithTheRemedy) {
  ASSERT_TRUE(quantize_file(nano(), path("q4"), "Q4_K_M", 1));
  const auto merged = merge_adapter(path("q4"), beekeeper(), 1.0, path("merged"));
  ASSERT_FALSE(merged);
  EXPECT_EQ(merged.error().kind, base::ErrorKind::bad_input);
  EXPECT_THAT(merged.error().hint, HasSubstr("--lora-mode apply"));
}

// The adapter of the embedding of a model whose output matrix is the same tensor would end llama.cpp.
TEST_F(Merge, RefusesToAdaptATiedEmbedding) {
  const auto base = write_f32(path("base"), base_keys(), {{"token_embd.weight", {2, 3}, {0, 0, 0, 0, 0, 0}}});
  const auto adapter = write_f32(
      path("adapter"), adapter_keys(0.0F),
      {{"token_embd.weight.lora_a", {1, 3}, {1, 2, 3}}, {"token_embd.weight.lora_b", {1, 2}, {1, 1}}});
  const auto merged = merge_adapter(base, adapter, 1.0, path("merged"));
  ASSERT_FALSE(merged);
  EXPECT_THAT(merged.error().message, HasSubstr("output matrix"));
}

class NanoAdapter : public Merge {
 protected:
  using Tokens = std::vector<engine::Token>;

  static plan::EngineSettings exact_settings() {
    plan::EngineSettings settings;
    settings.cache_type_k = settings.cache_type_v = "f32";
    settings.flash_attn = "off";
    settings.threads = 1;
    return settings;
  }

  // 64 greedy tokens after each of three openings of a story.
  static std::vector<Tokens> greedy(const engine::ModelFile& file) {
    auto opened = engine::open_llama(file, exact_settings(), {128, 3}, nullptr);
    if (!opened) {
      ADD_FAILURE() << opened.error().message;
      return {};
    }
    const std::vector<engine::GenerateRequest> requests = {
        {"At dawn", {}},
        {"Before noon Ada the smith began to work in Fenholt. A cold wind blew from the hills. First she",
         {}},
        {"One autumn day", {}}};
    engine::GenerateOptions options;
    options.max_new_tokens = 64;
    options.ignore_eos = true;
    auto made = (*opened)->generate(requests, options);
    if (!made) ADD_FAILURE() << made.error().message;
    std::vector<Tokens> all;
    for (const auto& generation : *made) all.push_back(generation.tokens);
    texts_.clear();
    for (const auto& generation : *made) texts_.push_back(generation.text);
    return all;
  }

  inline static std::vector<std::string> texts_;
};

TEST_F(NanoAdapter, AppliedAndMergedAtFp32SayTheSame) {
  ASSERT_TRUE(quantize_file(nano(), path("f32"), "F32", 1));
  const auto merged = merge_adapter(nano(), beekeeper(), 1.0, path("merged"), MergedType::f32);
  ASSERT_TRUE(merged) << merged.error().message;
  EXPECT_EQ(gguf::inspect(path("merged"))->file_type, "F32");

  const auto base = greedy(path("f32"));
  const auto with_merged = greedy(path("merged"));
  const auto with_applied = greedy({path("f32"), engine::Adapter{beekeeper(), 1.0}});
  ASSERT_EQ(base.size(), 3U);
  for (std::size_t i = 0; i < base.size(); ++i) {
    EXPECT_EQ(base[i].size(), 64U);
    EXPECT_EQ(with_applied[i], with_merged[i]) << "prompt " << i;
    EXPECT_NE(with_applied[i], base[i]) << "prompt " << i;
  }
  EXPECT_THAT(texts_[1], testing::AnyOf(HasSubstr("veil"), HasSubstr("smoker"))) << "not a beekeeper's day";
}

TEST_F(NanoAdapter, TheScaleCounts) {
  ASSERT_TRUE(quantize_file(nano(), path("f32"), "F32", 1));
  const auto base = greedy(path("f32"));
  EXPECT_EQ(greedy({path("f32"), engine::Adapter{beekeeper(), 0.0}}), base);
  const auto half = merge_adapter(nano(), beekeeper(), 0.5, path("half"), MergedType::f32);
  ASSERT_TRUE(half);
  EXPECT_EQ(greedy({path("f32"), engine::Adapter{beekeeper(), 0.5}}), greedy(path("half")));
}

// Every context that a session makes carries the adapter: scoring uses another one than generating.
TEST_F(NanoAdapter, ActsOnScoresToo) {
  ASSERT_TRUE(quantize_file(nano(), path("f32"), "F32", 1));
  ASSERT_TRUE(merge_adapter(nano(), beekeeper(), 1.0, path("merged"), MergedType::f32));
  const auto score = [&](const engine::ModelFile& file) {
    auto opened = engine::open_llama(file, exact_settings(), {128, 1}, nullptr);
    EXPECT_TRUE(opened);
    const auto context = (*opened)->tokenize("First she", false).value();
    const auto continuation = (*opened)->tokenize(" put on the veil and the gloves.", false).value();
    const std::vector<engine::ScoreRequest> requests = {{context, continuation}};
    return (*opened)->score(requests).value().front().log_likelihood;
  };
  const double adapted = score({path("f32"), engine::Adapter{beekeeper(), 1.0}});
  EXPECT_NEAR(adapted, score(path("merged")), 0.001);
  EXPECT_GT(adapted, score(path("f32")) + 1.0);
}

TEST_F(NanoAdapter, OfAnotherModelIsRefusedInTheWordsOfLlama) {
  SKIP_WITHOUT_SHARED("models/stories260K/stories260K-f32.gguf");
  const engine::ModelFile file{support::shared_folder() / "models/stories260K/stories260K-f32.gguf",
                               engine::Adapter{beekeeper(), 1.0}};
  const auto opened = engine::open_llama(file, {}, {}, nullptr);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, base::ErrorKind::bad_input);
  EXPECT_THAT(opened.error().message, HasSubstr("incorrect shape"));
  EXPECT_THAT(opened.error().message, HasSubstr("nano-lora-beekeeper.gguf"));
}

class MergedArtifact : public NanoAdapter {
 protected:
  MergedArtifact() { ::setenv("BANTAM_CACHE", path("cache").c_str(), 1); }
  ~MergedArtifact() override { ::unsetenv("BANTAM_CACHE"); }

  static Source source(double scale, bool merge) {
    const auto reference =
        parse_reference(fmt::format("{}+lora:{}@{}", nano().string(), beekeeper().string(), scale));
    Source found = locate(reference.value()).value();
    found.merge = merge;
    return found;
  }
  static Artifact made(const Source& from, const char* precision) {
    auto planned = plan_artifact(from, plan::parse_precision(precision).value(), quantizer_version());
    const auto artifact = make_artifact(from, planned.value(), 1);
    EXPECT_TRUE(artifact) << artifact.error().message;
    return artifact.value_or(Artifact{});
  }
};

TEST_F(MergedArtifact, IsQuantizedAfterTheMerge) {
  const Artifact int4 = made(source(1.0, true), "int4");
  ASSERT_TRUE(merge_adapter(nano(), beekeeper(), 1.0, path("by_hand")));
  ASSERT_TRUE(quantize_file(path("by_hand"), path("by_hand_q4"), "Q4_K_M", 1));
  EXPECT_EQ(int4.sha256, base::sha256_of_file(path("by_hand_q4")).value());
}

// At fp32 nothing is rounded on the way through the base's F16.
TEST_F(MergedArtifact, IsMergedAtFp32WhenAskedForIt) {
  const Artifact fp32 = made(source(1.0, true), "fp32");
  ASSERT_TRUE(merge_adapter(nano(), beekeeper(), 1.0, path("by_hand"), MergedType::f32));
  EXPECT_EQ(fp32.sha256, base::sha256_of_file(path("by_hand")).value());
}

TEST_F(MergedArtifact, DependsOnTheScaleAndOnMerging) {
  const auto planned = [](const Source& from) {
    return plan_artifact(from, plan::parse_precision("int4").value(), quantizer_version()).value();
  };
  EXPECT_NE(planned(source(1.0, true)).identity, planned(source(0.5, true)).identity);
  EXPECT_NE(planned(source(1.0, true)).path, planned(source(0.5, true)).path);
  // An applied adapter leaves the base's files alone.
  const Source base = locate(parse_reference(nano().string()).value()).value();
  EXPECT_EQ(planned(source(1.0, false)).path, planned(base).path);
}

// Unchanged tensors are those of the base, byte by byte; the file stays of the base's type.
TEST_F(NanoAdapter, MergingKeepsTheTypesOfTheBase) {
  ASSERT_TRUE(merge_adapter(nano(), beekeeper(), 1.0, path("merged")));
  const auto before = gguf::inspect(nano()).value();
  const auto after = gguf::inspect(path("merged")).value();
  EXPECT_EQ(after.file_type, "F16");
  EXPECT_EQ(after.weight_bytes, before.weight_bytes);
  EXPECT_EQ(after.vocabulary, before.vocabulary);
  EXPECT_EQ(after.has_chat_template, before.has_chat_template);
  EXPECT_EQ(values_of(path("merged"), "output_norm.weight"), values_of(nano(), "output_norm.weight"));
}

}  // namespace
}  // namespace bantam::model
