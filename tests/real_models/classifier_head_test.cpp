// Labels of small encoders with random weights are those of transformers: BERT's head has a tanh,
// DistilBERT's a ReLU.
//
// The expected logits were computed once by transformers 5.23.0 (torch 2.13.0, eval mode, float32) with
// BertForSequenceClassification and DistilBertForSequenceClassification of the shape below, whose tensors
// held the same numbers as the file here: each tensor filled in turn, in the order of encoder_file(), row by
// row.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine/llama/encoder.hpp"
#include "support/gguf_builder.hpp"
#include "support/temp_dir.hpp"

namespace bantam::engine {
namespace {

constexpr std::uint64_t kWidth = 32;
constexpr std::uint64_t kInner = 64;
constexpr std::uint64_t kContext = 32;
constexpr int kLayers = 2;
constexpr std::uint32_t kF32 = 0;
const std::vector<std::string> kLabels = {"low", "middle", "high"};
const std::vector<std::string> kTokens = {"[PAD]",   "[UNK]",   "[CLS]",   "[SEP]",   "\u2581a", "\u2581b",
                                          "\u2581c", "\u2581d", "\u2581e", "\u2581f", "\u2581g", "\u2581h",
                                          "\u2581i", "\u2581j", "\u2581k", "\u2581l"};
const std::vector<std::vector<Token>> kTexts = {{2, 7, 11, 5, 9, 3}, {2, 14, 3}};

// From -0.5 to 0.5: Marsaglia's xorshift with 13, 17 and 5, divided by 2^32.
class Numbers {
 public:
  double next() {
    state_ ^= state_ << 13U;
    state_ ^= state_ >> 17U;
    state_ ^= state_ << 5U;
    return state_ / 4294967296.0 - 0.5;
  }

 private:
  std::uint32_t state_ = 2463534242U;
};

// A GGUF file with tensors of random numbers.
class RandomFile {
 public:
  // `shape` as GGUF has it: the row's length first.
  void tensor(const std::string& name, const std::vector<std::uint64_t>& shape, double around = 0.0) {
    std::uint64_t count = 1;
    for (const std::uint64_t length : shape) count *= length;
    std::string bytes;
    for (std::uint64_t i = 0; i < count; ++i) {
      bytes += support::GgufBuilder::bytes_of(static_cast<float>(around + numbers_.next()));
    }
    gguf.tensor(name, kF32, shape, bytes.size());
    bytes.resize((bytes.size() + gguf.alignment - 1) / gguf.alignment * gguf.alignment, '\0');
    data_ += bytes;
  }
  void linear(const std::string& name, std::uint64_t in, std::uint64_t out) {
    tensor(name + ".weight", {in, out});
    tensor(name + ".bias", {out});
  }
  void norm(const std::string& name) {
    tensor(name + ".weight", {kWidth}, 1.0);
    tensor(name + ".bias", {kWidth});
  }
  std::string bytes() const { return gguf.head() + data_; }

  support::GgufBuilder gguf;

 private:
  Numbers numbers_;
  std::string data_;
};

void add_keys(support::GgufBuilder& gguf) {
  gguf.text("general.architecture", "bert")
      .text("general.name", "random")
      .u32("general.file_type", 0)
      .u32("bert.block_count", kLayers)
      .u32("bert.context_length", kContext)
      .u32("bert.embedding_length", kWidth)
      .u32("bert.feed_forward_length", kInner)
      .u32("bert.attention.head_count", 2)
      .raw("bert.attention.layer_norm_epsilon", 6, support::GgufBuilder::bytes_of(1e-12F))
      .boolean("bert.attention.causal", false)
      .texts("bert.classifier.output_labels", kLabels)
      .text("tokenizer.ggml.model", "bert")
      .text("tokenizer.ggml.pre", "default")
      .u32("tokenizer.ggml.token_type_count", 2)
      .texts("tokenizer.ggml.tokens", kTokens)
      .u32("tokenizer.ggml.padding_token_id", 0)
      .u32("tokenizer.ggml.unknown_token_id", 1)
      .u32("tokenizer.ggml.bos_token_id", 2)
      .u32("tokenizer.ggml.cls_token_id", 2)
      .u32("tokenizer.ggml.seperator_token_id", 3);
}

// DistilBERT is a BERT without token types.
std::string encoder_file(bool token_types) {
  RandomFile file;
  add_keys(file.gguf);
  file.tensor("token_embd.weight", {kWidth, kTokens.size()});
  file.tensor("position_embd.weight", {kWidth, kContext});
  if (token_types) file.tensor("token_types.weight", {kWidth, 2});
  file.norm("token_embd_norm");
  for (int layer = 0; layer < kLayers; ++layer) {
    const std::string at = "blk." + std::to_string(layer) + ".";
    for (const char* name : {"attn_q", "attn_k", "attn_v", "attn_output"})
      file.linear(at + name, kWidth, kWidth);
    file.norm(at + "attn_output_norm");
    file.linear(at + "ffn_up", kWidth, kInner);
    file.linear(at + "ffn_down", kInner, kWidth);
    file.norm(at + "layer_output_norm");
  }
  file.linear("cls", kWidth, kWidth);
  file.linear("cls.output", kWidth, kLabels.size());
  return file.bytes();
}

class ClassifierHead : public ::testing::Test {
 protected:
  void expect_logits(bool token_types, const std::vector<std::vector<float>>& expected) {
    const auto path = support::write_bytes(folder_.path() / "random.gguf", encoder_file(token_types));
    plan::EngineSettings settings;
    settings.threads = 1;
    settings.flash_attn = "off";  // which rounds keys and values to f16
    const auto classifier = open_llama_classifier(path, settings, {kContext, 2}, nullptr);
    ASSERT_TRUE(classifier) << classifier.error().message;
    EXPECT_EQ((*classifier)->labels(), kLabels);
    const auto logits = (*classifier)->classify(kTexts);
    ASSERT_TRUE(logits) << logits.error().message;
    ASSERT_EQ(logits->size(), expected.size());
    for (std::size_t text = 0; text < expected.size(); ++text) {
      ASSERT_EQ((*logits)[text].size(), kLabels.size());
      for (std::size_t label = 0; label < kLabels.size(); ++label) {
        EXPECT_NEAR((*logits)[text][label], expected[text][label], 1e-4) << "text " << text << ", " << label;
      }
    }
  }

  support::TempDir folder_;
};

TEST_F(ClassifierHead, OfBert) {
  expect_logits(true, {{-0.5455527F, 1.4059532F, -1.1473196F}, {-0.7597209F, 0.9385609F, -1.3493085F}});
}

TEST_F(ClassifierHead, OfDistilBert) {
  expect_logits(false, {{-2.1785583F, -0.4613131F, 0.2075739F}, {-2.5392752F, 0.3015739F, -0.9205151F}});
}

}  // namespace
}  // namespace bantam::engine
