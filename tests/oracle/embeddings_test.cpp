// Embeddings of all-MiniLM-L6-v2 are those of sentence-transformers.

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "engine/llama/encoder.hpp"
#include "score/bert_score.hpp"
#include "support/minilm.hpp"
#include "support/shared.hpp"
#include "support/temp_dir.hpp"

namespace bantam::engine {
namespace {

constexpr const char* kPairs = "oracle/metrics/embedding_pairs.jsonl";
constexpr const char* kGenerator = "models/stories260K/stories260K-f32.gguf";
constexpr const char* kComponents = "oracle/metrics/embedding_components.jsonl";
// The reference cuts texts to 256 tokens, [CLS] and [SEP] among them.
constexpr std::size_t kReferenceTokens = 256;
// llama.cpp's own activations move these cosines by up to 3.2e-4; as trained they are the reference's to
// 3e-7.
constexpr double kTolerance = 1e-4;
// llama.cpp takes spacing vowel signs (Unicode category Mc) for accents and strips them.
constexpr const char* kOtherTokens = "edge-devanagari_thai";

class Embeddings : public ::testing::Test {
 protected:
  void SetUp() override {
    SKIP_WITHOUT_SHARED(kPairs);
    SKIP_WITHOUT_MINILM();
    plan::EngineSettings settings;
    settings.threads = 1;
    auto opened = open_llama_encoder(support::minilm_path(), settings, {kReferenceTokens, 8}, nullptr,
                                     Activations::as_trained);
    ASSERT_TRUE(opened) << opened.error().message;
    encoder_ = *std::move(opened);
  }

  std::vector<Token> tokens_of(const base::Json& text) {
    auto tokens = encoder_->tokenize(text.get<std::string>()).value();
    if (tokens.size() > kReferenceTokens) {
      tokens[kReferenceTokens - 1] = tokens.back();
      tokens.resize(kReferenceTokens);
    }
    return tokens;
  }

  Embedding embed(const base::Json& text) {
    return encoder_->encode(std::vector<std::vector<Token>>{tokens_of(text)}).value().front();
  }

  std::unique_ptr<Encoder> encoder_;
};

TEST_F(Embeddings, HaveTheReferenceTokens) {
  for (const base::Json& pair : support::shared_json_lines(kPairs)) {
    if (pair["id"] == kOtherTokens) continue;
    EXPECT_EQ(tokens_of(pair["text_a"]), pair["input_ids_a"].get<std::vector<Token>>()) << pair["id"];
    EXPECT_EQ(tokens_of(pair["text_b"]), pair["input_ids_b"].get<std::vector<Token>>()) << pair["id"];
  }
}

TEST_F(Embeddings, HaveTheReferenceCosines) {
  for (const base::Json& pair : support::shared_json_lines(kPairs)) {
    if (pair["id"] == kOtherTokens) continue;
    const auto cosine = score::cosine(embed(pair["text_a"]), embed(pair["text_b"]));
    ASSERT_TRUE(cosine) << pair["id"];
    EXPECT_NEAR(*cosine, pair["expected"]["cosine"].get<double>(), kTolerance) << pair["id"];
  }
}

TEST_F(Embeddings, HaveTheReferenceComponents) {
  for (const base::Json& line : support::shared_json_lines(kComponents)) {
    const Embedding embedding = embed(line["text"]);
    double squares = 0.0;
    for (const float x : embedding) squares += static_cast<double>(x) * static_cast<double>(x);
    for (std::size_t i = 0; i < line["first8"].size(); ++i) {
      EXPECT_NEAR(static_cast<double>(embedding[i]) / std::sqrt(squares), line["first8"][i].get<double>(),
                  kTolerance);
    }
  }
}

// The neighbours in a batch change nothing beyond rounding.
TEST_F(Embeddings, AreTheSameAloneAndInCompany) {
  const auto lines = support::shared_json_lines(kComponents);
  std::vector<std::vector<Token>> sequences;
  for (std::size_t i = 0; i < 8; ++i) sequences.push_back(tokens_of(lines[i]["text"]));
  const auto together = encoder_->encode(sequences).value();
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    const auto alone = encoder_->encode(std::span(sequences).subspan(i, 1)).value();
    EXPECT_NEAR(*score::cosine(alone.front(), together[i]), 1.0, 1e-6);
  }
}

TEST_F(Embeddings, RefuseWhatDoesNotFit) {
  const std::vector<std::vector<Token>> too_long{std::vector<Token>(kReferenceTokens + 1, 101)};
  EXPECT_EQ(encoder_->encode(too_long).error().kind, base::ErrorKind::bad_input);
  const std::vector<std::vector<Token>> empty(1);
  EXPECT_EQ(encoder_->encode(empty).error().kind, base::ErrorKind::bad_input);
  const std::vector<std::vector<Token>> too_many(9, std::vector<Token>{101, 102});
  EXPECT_EQ(encoder_->encode(too_many).error().kind, base::ErrorKind::bad_input);
  const std::vector<std::vector<Token>> unknown{{101, 1'000'000}};
  EXPECT_EQ(encoder_->encode(unknown).error().kind, base::ErrorKind::bad_input);
  EXPECT_TRUE(encoder_->encode(std::vector<std::vector<Token>>{{101, 102}}));
}

// A file of an encoder need not say how it pools.
TEST_F(Embeddings, AreMeansWhereTheFileDoesNotSay) {
  const support::TempDir folder;
  const auto path = folder.path() / "unpooled.gguf";
  std::filesystem::copy_file(support::minilm_path(), path);
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  std::string head(4096, '\0');
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  const std::string key = "bert.pooling_type";
  const auto value = head.find(key) + key.size() + 4;  // after the type of the value
  ASSERT_EQ(head[value], 1);
  file.seekp(static_cast<std::streamoff>(value));
  file.put('\0');
  file.close();
  const auto unpooled =
      open_llama_encoder(path, {}, {kReferenceTokens, 1}, nullptr, Activations::as_trained).value();
  const std::vector<std::vector<Token>> sequence{{101, 7592, 102}};
  EXPECT_EQ(unpooled->encode(sequence).value(), encoder_->encode(sequence).value());
}

TEST_F(Embeddings, ComeFromNoModelThatGeneratesText) {
  SKIP_WITHOUT_SHARED(kGenerator);
  const auto opened = open_llama_encoder(support::shared_folder() / kGenerator, {}, {16, 1}, nullptr);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, base::ErrorKind::bad_input);
}

}  // namespace
}  // namespace bantam::engine
