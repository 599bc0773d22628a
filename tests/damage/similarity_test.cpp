#include "damage/similarity.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "metric/catalogue.hpp"
#include "support/scripted_engine.hpp"

namespace bantam::damage {
namespace {

using engine::Token;

// Embeds a text as the counts of its letters a, b and c.
class LetterEncoder final : public engine::Encoder {
 public:
  explicit LetterEncoder(int longest) { properties_.request_tokens = longest; }
  std::size_t longest_seen = 0;

  const engine::Properties& properties() const override { return properties_; }
  base::Result<std::vector<Token>> tokenize(std::string_view text) override {
    return std::vector<Token>(text.begin(), text.end());
  }
  base::Result<std::vector<engine::Embedding>> encode(
      std::span<const std::vector<Token>> sequences) override {
    std::vector<engine::Embedding> embeddings;
    for (const auto& sequence : sequences) {
      longest_seen = std::max(longest_seen, sequence.size());
      engine::Embedding counts(3, 0.0F);
      for (const Token token : sequence) {
        if (token >= 'a' && token <= 'c') counts[static_cast<std::size_t>(token - 'a')] += 1.0F;
      }
      embeddings.push_back(counts);
    }
    return embeddings;
  }
  engine::MemoryUse memory() const override { return {}; }

 private:
  engine::Properties properties_;
};

Answer cut_answer(const std::string& text) {
  return {std::vector<Token>(text.begin(), text.end()), text, "stop", 2.0, 4.0};
}

record::Item item_of(std::int64_t number, const std::string& text, const std::string& base,
                     std::optional<double> cosine) {
  return similarity_item(number, {"prompt", cut_answer(text), cut_answer(base), cosine, 1'000'000});
}

TEST(Similarity, AnswersComeWithTheirTimes) {
  engine::Script script;
  script.answers = {{"one", "abcde"}, {"two", ""}};
  script.prefill_ns_per_token = 100'000'000;
  script.token_gaps_ns = {500'000'000};
  const auto engine = engine::open_scripted(script);
  const auto answers = answers_to(*engine, std::vector<std::string>{"one", "two"}, 4).value();
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[0].text, "abcd");  // the limit
  EXPECT_EQ(answers[0].finish, "length");
  EXPECT_NEAR(*answers[0].latency_s, 0.3 + 4 * 0.5, 1e-9);
  EXPECT_NEAR(*answers[0].tokens_per_s, 2.0, 1e-9);
  EXPECT_EQ(answers[1].text, "");
  EXPECT_FALSE(answers[1].latency_s);
  EXPECT_FALSE(answers[1].tokens_per_s);
}

TEST(Similarity, CountsTokensBeforeTheFirstDifference) {
  EXPECT_EQ(equal_tokens(cut_answer("abcd"), cut_answer("abxd")), 2);
  EXPECT_EQ(equal_tokens(cut_answer("abcd"), cut_answer("ab")), 2);
  EXPECT_EQ(equal_tokens(cut_answer("abcd"), cut_answer("abcd")), 4);
  EXPECT_EQ(equal_tokens(cut_answer(""), cut_answer("x")), 0);
}

TEST(Similarity, CosineIsThatOfTheEmbeddings) {
  LetterEncoder encoder(100);
  EXPECT_NEAR(**answer_cosine(encoder, "aaab", "ab"), 4.0 / std::sqrt(20.0), 1e-6);  // (3,1) and (1,1)
  EXPECT_NEAR(**answer_cosine(encoder, "abc", "cab"), 1.0, 1e-12);
  EXPECT_FALSE(*answer_cosine(encoder, "xyz", "abc"));  // an embedding of 0
}

TEST(Similarity, TextsTooLongForTheEncoderAreCut) {
  LetterEncoder encoder(4);
  EXPECT_NEAR(**answer_cosine(encoder, "aaabbbbbbc", "aaac"), 1.0, 1e-12);
  EXPECT_EQ(encoder.longest_seen, 4U);
}

TEST(Similarity, SummaryOfThreePrompts) {
  const std::vector<record::Item> items{item_of(0, "abcd", "abcd", 1.0), item_of(1, "abxx", "abcd", 0.8),
                                        item_of(2, "xbcd", "abcd", 0.6)};
  const SimilaritySummary summary = summarize_similarity(items);
  EXPECT_NEAR(summary.metrics.at("similarity_cosine").value, 0.8, 1e-12);
  EXPECT_NEAR(*summary.metrics.at("similarity_cosine").std_error, 0.2 / std::sqrt(3.0), 1e-12);
  EXPECT_EQ(summary.metrics.at("similarity_cosine_min").value, 0.6);
  EXPECT_NEAR(summary.metrics.at("similarity_equal_answers").value, 1.0 / 3.0, 1e-12);
  EXPECT_NEAR(summary.metrics.at("similarity_equal_tokens").value, 2.0, 1e-12);
  EXPECT_EQ(summary.metrics.at("answer_latency_s").value, 2.0);
  EXPECT_EQ(summary.metrics.at("answer_tokens_per_s").value, 4.0);
  EXPECT_EQ(summary.metrics.at("answer_memory_bytes").value, 1e6);
  for (const auto& [name, value] : summary.metrics) EXPECT_NE(metric::find_metric(name), nullptr) << name;
}

TEST(Similarity, WithoutAnEmbeddingModelTokensAreStillCompared) {
  const SimilaritySummary summary = summarize_similarity({item_of(0, "ab", "ab", std::nullopt)});
  EXPECT_EQ(summary.metrics.at("similarity_equal_answers").value, 1.0);
  EXPECT_NE(summary.absent.at("similarity_cosine").find("--embedding-model"), std::string::npos);
  EXPECT_FALSE(summary.metrics.contains("similarity_cosine"));
}

// Nothing equals nothing: no sign that a precision lost nothing.
TEST(Similarity, EmptyAnswersAreNotEqualAnswers) {
  const SimilaritySummary none = summarize_similarity({item_of(0, "", "", 1.0), item_of(1, "  ", "", 1.0)});
  for (const char* name : {"similarity_equal_answers", "similarity_equal_tokens", "similarity_cosine"}) {
    EXPECT_FALSE(none.metrics.contains(name)) << name;
    EXPECT_EQ(none.absent.at(name), "every answer is empty, the base precision's too") << name;
  }
  const SimilaritySummary one_sided = summarize_similarity({item_of(0, "", "ab", std::nullopt)});
  EXPECT_EQ(one_sided.metrics.at("similarity_equal_answers").value, 0.0);
}

TEST(Similarity, TheBaseItselfHasSpeedOnly) {
  const SimilaritySummary summary = summarize_similarity(
      {similarity_item(0, {"prompt", cut_answer("ab"), std::nullopt, std::nullopt, {}})});
  for (const char* name : {"similarity_cosine", "similarity_cosine_min", "similarity_equal_answers",
                           "similarity_equal_tokens"}) {
    EXPECT_EQ(summary.absent.at(name).rfind("this is the base precision", 0), 0U) << name;
  }
  EXPECT_TRUE(summary.metrics.contains("answer_latency_s"));
  EXPECT_TRUE(summary.absent.contains("answer_memory_bytes"));
}

}  // namespace
}  // namespace bantam::damage
