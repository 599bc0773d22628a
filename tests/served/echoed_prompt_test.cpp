#include "served/echoed_prompt.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace bantam::served {
namespace {

// "<s>", " The", " cat", " sat", and one token that was made behind them.
std::vector<TokenLogprob> tokens() {
  return {{"<s>", {}, {}, {}},
          {"The", {}, -2.0, true},
          {" cat", {}, -0.5, false},
          {" sat", {}, -0.25, true},
          {" on", {}, -0.125, true}};
}
constexpr const char* kText = "The cat sat";

Answer answer(std::vector<TokenLogprob> logprobs, std::optional<std::int64_t> prompt_tokens = {}) {
  Answer made;
  made.logprobs = std::move(logprobs);
  if (prompt_tokens) made.usage = Usage{prompt_tokens, 1, {}, {}};
  return made;
}

TEST(EchoedPrompt, TheTextsOfTokensTellWhereAPartBegins) {
  const auto echoed = EchoedPrompt::make(answer(tokens()), kText);
  ASSERT_TRUE(echoed) << echoed.error().message;
  EXPECT_EQ(echoed->size(), 4U);
  EXPECT_EQ(echoed->token_behind(3), 2U);
  EXPECT_EQ(echoed->token_behind(7), 3U);
  EXPECT_EQ(echoed->token_behind(0), 1U);  // behind the server's own
  EXPECT_EQ(echoed->token_behind(5), std::nullopt);
}

TEST(EchoedPrompt, AScoreIsTheSumOfItsTokens) {
  const auto echoed = EchoedPrompt::make(answer(tokens(), 4), kText);
  ASSERT_TRUE(echoed);
  EXPECT_DOUBLE_EQ(echoed->score_from(2)->log_likelihood, -0.75);
  EXPECT_FALSE(echoed->score_from(2)->is_greedy);
  EXPECT_DOUBLE_EQ(echoed->score_from(3)->log_likelihood, -0.25);
  EXPECT_TRUE(echoed->score_from(3)->is_greedy);
  EXPECT_DOUBLE_EQ(echoed->score_from(1)->log_likelihood, -2.75);
}

TEST(EchoedPrompt, WithoutATokenBeforeTheTextItsFirstOneHasNoScore) {
  auto own = tokens();
  own.erase(own.begin());
  own.front().logprob.reset();
  own.front().is_greatest.reset();
  const auto echoed = EchoedPrompt::make(answer(own), kText);
  ASSERT_TRUE(echoed);
  EXPECT_EQ(echoed->size(), 3U);
  EXPECT_EQ(echoed->token_behind(0), 0U);
  EXPECT_FALSE(echoed->score_from(0));
  EXPECT_DOUBLE_EQ(echoed->score_from(1)->log_likelihood, -0.75);
}

// Pieces of a vocabulary in place of texts, as "▁cat".
TEST(EchoedPrompt, WhereTextsDoNotAddUpTheServersCountTells) {
  auto own = tokens();
  own[2].token = "\u2581cat";
  const auto echoed = EchoedPrompt::make(answer(own, 4), kText);
  ASSERT_TRUE(echoed);
  EXPECT_EQ(echoed->size(), 4U);
  EXPECT_EQ(echoed->token_behind(3), std::nullopt);
  EXPECT_DOUBLE_EQ(echoed->score_from(3)->log_likelihood, -0.25);
  EXPECT_FALSE(EchoedPrompt::make(answer(own), kText));  // nor a count
}

// As where the server's own token is not counted: the last one would be left out.
TEST(EchoedPrompt, ACountThatContradictsTheTextsIsRefused) {
  EXPECT_FALSE(EchoedPrompt::make(answer(tokens(), 3), kText));
  EXPECT_FALSE(EchoedPrompt::make(answer(tokens(), 5), kText));
}

TEST(EchoedPrompt, ATokenWithoutATextMayEndThePrompt) {
  auto own = tokens();
  own.insert(own.end() - 1, {"", {}, -3.0, false});
  const auto echoed = EchoedPrompt::make(answer(own, 5), kText);
  ASSERT_TRUE(echoed);
  EXPECT_EQ(echoed->size(), 5U);
  EXPECT_DOUBLE_EQ(echoed->score_from(3)->log_likelihood, -3.25);
}

TEST(EchoedPrompt, WhatIsNoEchoIsRefused) {
  EXPECT_FALSE(EchoedPrompt::make(answer({}), kText));
  EXPECT_FALSE(EchoedPrompt::make(answer({tokens().back()}), kText));     // the generated token alone
  EXPECT_FALSE(EchoedPrompt::make(answer({tokens().back()}, 4), kText));  // and a count of more
}

TEST(EchoedPrompt, AnswersThatMergeWithTheirContextHaveNoScore) {
  const auto echoed = EchoedPrompt::make(answer(tokens(), 4), kText);
  ASSERT_TRUE(echoed);
  EXPECT_FALSE(echoed->score_from(4));
}

TEST(EchoedPrompt, ValuesThatAreNoLogProbabilitiesAreRefused) {
  for (const double value :
       {0.5, -std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    auto own = tokens();
    own[3].logprob = value;
    EXPECT_EQ(EchoedPrompt::make(answer(own), kText)->score_from(2).error().kind, base::ErrorKind::integrity);
  }
  auto own = tokens();
  own[3].logprob.reset();
  EXPECT_FALSE(EchoedPrompt::make(answer(own), kText)->score_from(2));
}

TEST(EchoedPrompt, WithoutAlternativesNobodyKnowsTheMostProbableToken) {
  auto own = tokens();
  own[3].is_greatest.reset();
  EXPECT_FALSE(EchoedPrompt::make(answer(own), kText)->score_from(2));
}

}  // namespace
}  // namespace bantam::served
