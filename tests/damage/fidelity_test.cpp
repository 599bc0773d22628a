#include "damage/fidelity.hpp"

#include <gtest/gtest.h>
#include <cmath>
#include <memory>

#include "support/collected_items.hpp"
#include "support/scripted_engine.hpp"

namespace bantam::damage {
namespace {

using engine::Token;

constexpr double kVocabulary = 257.0;  // bytes and an end token

// All tokens equally probable.
std::unique_ptr<engine::Engine> flat() {
  return engine::open_scripted({});
}

// After any token, 'a' is `ratio` times as probable as any other.
std::unique_ptr<engine::Engine> fond_of_a(double ratio) {
  engine::Script script;
  script.logit = [ratio](Token, Token next) {
    return next == 'a' ? static_cast<float>(std::log(ratio)) : 0.0F;
  };
  return engine::open_scripted(std::move(script));
}

TEST(Fidelity, ScoresTheSecondHalfOfEachChunk) {
  const auto candidate = flat();
  support::CollectedItems collected;
  // 21 bytes: two chunks of 8, and a tail that is left out.
  ASSERT_TRUE(measure_fidelity(nullptr, *candidate, {"abcdefghabcdefghabcde", 8, {}}, {}, collected));
  ASSERT_EQ(collected.items.size(), 2U);
  EXPECT_EQ(collected.items[1].doc_id, 1);
  EXPECT_EQ(collected.items[1].content["positions"], 3);  // positions 4, 5, 6 predict 5, 6, 7
  EXPECT_NEAR(collected.items[1].metrics.at("nll"), std::log(kVocabulary), 1e-6);
  EXPECT_FALSE(collected.items[1].metrics.contains("kld"));

  const FidelitySummary summary = summarize_fidelity(collected.items);
  EXPECT_NEAR(summary.metrics.at("chunk_perplexity").value, kVocabulary, 1e-3);
  EXPECT_EQ(summary.metrics.at("chunk_perplexity").n, 6);
  EXPECT_TRUE(summary.absent.at("kld_mean").starts_with("this is the base precision"));
}

// p: 'a' has 257/513, the 256 others 1/513 each; q: all 1/257.
TEST(Fidelity, OfKnownDistributionsByHand) {
  const auto base = fond_of_a(257.0);
  const auto candidate = flat();
  support::CollectedItems collected;
  ASSERT_TRUE(measure_fidelity(base.get(), *candidate, {"aaaaaaaa", 8, {}}, {}, collected));
  ASSERT_EQ(collected.items.size(), 1U);
  const double p = 257.0 / 513.0;
  const double kld = p * std::log(p * 257.0) + (1.0 - p) * std::log(257.0 / 513.0);
  EXPECT_NEAR(collected.items[0].metrics.at("kld"), kld, 1e-5);
  EXPECT_NEAR(collected.items[0].metrics.at("nll_base"), -std::log(p), 1e-5);
  EXPECT_EQ(collected.items[0].metrics.at("same_top"), 0.0);  // q's first token is byte 0
  const FidelitySummary summary = summarize_fidelity(collected.items);
  EXPECT_NEAR(summary.metrics.at("perplexity_ratio").value, 257.0 * p, 1e-3);
  EXPECT_NEAR(summary.metrics.at("p_change_rms").value, p - 1.0 / 257.0, 1e-6);
  EXPECT_FALSE(summary.metrics.at("kld_mean").interval) << "one chunk has no spread";
}

TEST(Fidelity, OfAModelFromItselfIsNothing) {
  const auto base = fond_of_a(9.0);
  const auto candidate = fond_of_a(9.0);
  support::CollectedItems collected;
  ASSERT_TRUE(measure_fidelity(base.get(), *candidate, {std::string(64, 'b'), 16, {}}, {}, collected));
  const FidelitySummary summary = summarize_fidelity(collected.items);
  EXPECT_EQ(summary.metrics.at("kld_mean").value, 0.0);
  EXPECT_EQ(summary.metrics.at("kld_max").value, 0.0);
  EXPECT_EQ(summary.metrics.at("top_token_agreement").value, 1.0);
  EXPECT_EQ(summary.metrics.at("perplexity_ratio").value, 1.0);
}

// Chunk means 1 and 3: mean 2, standard error 1, t(1, 0.975) = 12.706.
TEST(Fidelity, TheChunksAreTheClustersOfTheInterval) {
  std::vector<record::Item> items(2);
  for (std::size_t i = 0; i < 2; ++i) {
    const double kld = i == 0 ? 1.0 : 3.0;
    items[i].doc_id = static_cast<std::int64_t>(i);
    items[i].content = {
        {"positions", 2}, {"nll_squares", 8.0}, {"p_change_squares", 0.0}, {"kld", {kld, kld}}};
    items[i].metrics = {{"nll", 2.0}, {"nll_base", 2.0}, {"kld", kld}, {"same_top", 0.5}};
  }
  const record::Value kld = summarize_fidelity(items).metrics.at("kld_mean");
  EXPECT_DOUBLE_EQ(kld.value, 2.0);
  EXPECT_NEAR(kld.interval->high, 2.0 + 12.706, 1e-2);
  EXPECT_EQ(kld.n, 4);
}

TEST(Fidelity, ComputesNoChunkTwice) {
  const auto candidate = flat();
  support::CollectedItems collected;
  ASSERT_TRUE(measure_fidelity(nullptr, *candidate, {std::string(64, 'b'), 16, {}},
                               {{std::string(kFidelityItems), 0}, {std::string(kFidelityItems), 2}},
                               collected));
  ASSERT_EQ(collected.items.size(), 2U);
  EXPECT_EQ(collected.items[0].doc_id, 1);
  EXPECT_EQ(collected.items[1].doc_id, 3);
}

TEST(Fidelity, RefusesATextThatFillsNoChunk) {
  const auto candidate = flat();
  support::CollectedItems collected;
  const auto measured = measure_fidelity(nullptr, *candidate, {"short", 16, {}}, {}, collected);
  ASSERT_FALSE(measured);
  EXPECT_EQ(measured.error().kind, base::ErrorKind::bad_input);
}

}  // namespace
}  // namespace bantam::damage
