// Layouts against counts by hand; the check of sharing on an engine whose shared scores are right or wrong.
#include "evaluate/scoring.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/byte_engine.hpp"

namespace bantam::evaluate {
namespace {

using engine::Token;
using testing::ElementsAre;
using testing::HasSubstr;
using Tokens = std::vector<Token>;

Tokens counted(Token first, std::size_t count) {
  Tokens tokens(count);
  for (std::size_t i = 0; i < count; ++i) tokens[i] = first + static_cast<Token>(i);
  return tokens;
}

// Four one-token answers to a question of `own` tokens after `prefix`.
Requests question(Tokens prefix, Token first, std::size_t own) {
  const Tokens asked = counted(first, own);
  prefix.insert(prefix.end(), asked.begin(), asked.end());
  return {{prefix, {1}}, {prefix, {2}}, {prefix, {3}}, {prefix, {4}}};
}

TEST(Scoring, QuestionsAfterTheSameExamplesCostTheirOwnTokens) {
  const Tokens examples = counted(0, 400);
  std::vector<Requests> items;
  for (Token i = 0; i < 100; ++i) items.push_back(question(examples, 1000 * (i + 1), 40));
  const ScoringLayout layout = lay_out(items, {1000, 256});
  EXPECT_EQ(layout.prefix, examples);
  EXPECT_EQ(layout.distinct_tokens, 400 + 100 * 40);
  EXPECT_EQ(layout.units.size(), 4u);  // of 25 questions
  EXPECT_EQ(layout.units.front().size(), 25u);
  EXPECT_EQ(lay_out(items, {1000, 10}).units.size(), 10u);
}

TEST(Scoring, ItemsThatBeginAlikeStandSideBySide) {
  const Tokens one = counted(0, 10);
  const Tokens other = counted(100, 10);
  const std::vector<Requests> items{question(other, 50, 5), question(one, 60, 5), question(other, 40, 5),
                                    question(one, 60, 5)};
  const ScoringLayout layout = lay_out(items, {});
  EXPECT_THAT(layout.units, ElementsAre(ElementsAre(1, 3, 2, 0)));
  EXPECT_TRUE(layout.prefix.empty());
  EXPECT_EQ(layout.distinct_tokens, 10 + 5 + 10 + 5 + 5);
}

TEST(Scoring, ThePrefixLeavesEveryContextATokenOfItsOwn) {
  const Tokens shared = counted(0, 30);
  const std::vector<Requests> items{{{shared, {7, 8}}}, {{counted(0, 31), {7}}}};
  EXPECT_EQ(lay_out(items, {}).prefix, counted(0, 29));
}

TEST(Scoring, AnItemThatIsLargerThanAUnitHasOneOfItsOwn) {
  const std::vector<Requests> items{question({}, 0, 50), question({}, 1000, 500), question({}, 2000, 50)};
  EXPECT_THAT(lay_out(items, {100, 256}).units, ElementsAre(ElementsAre(0), ElementsAre(1), ElementsAre(2)));
}

// Shares and has kernels of its own, and is wrong by an error of each when it uses them.
class ShortcutEngine : public support::ByteEngine {
 public:
  bool set_sharing(bool wanted) override { return sharing_ = wanted; }
  std::string use_own_kernels(bool wanted) override {
    own_kernels_ = wanted;
    return wanted ? "Kernels 1.0" : "";
  }
  base::Result<std::vector<engine::Score>> score(std::span<const engine::ScoreRequest> requests) override {
    auto scores = support::ByteEngine::score(requests);
    if (sharing_) scores->back().log_likelihood += sharing_error;
    if (own_kernels_) scores->back().log_likelihood += kernel_error;
    return scores;
  }
  double sharing_error = 0.0;
  double kernel_error = 0.0;

 private:
  bool sharing_ = true;
  bool own_kernels_ = false;
};

TEST(Scoring, SharingStaysOnWhereItChangesNothing) {
  ShortcutEngine engine;
  engine.sharing_error = 0.01;
  const auto facts = check_shortcuts(engine, question({}, 0, 50), false);
  ASSERT_TRUE(facts);
  EXPECT_TRUE(facts->shared);
  EXPECT_NEAR(*facts->largest_difference, 0.01, 1e-12);
  EXPECT_EQ(facts->own_kernels, "");
  EXPECT_EQ(facts->largest_kernel_difference, std::nullopt);
}

TEST(Scoring, SharingThatChangesScoresIsTurnedOffAndSaysSo) {
  ShortcutEngine engine;
  engine.sharing_error = 0.5;
  const auto facts = check_shortcuts(engine, question({}, 0, 50), true);
  ASSERT_TRUE(facts);
  EXPECT_FALSE(facts->shared);
  EXPECT_THAT(facts->why_unshared, HasSubstr("0.5"));
  EXPECT_EQ(facts->own_kernels, "Kernels 1.0");
  const Requests one = question({}, 0, 5);
  EXPECT_EQ(engine.score(one)->back().log_likelihood, -1.0);
}

TEST(Scoring, KernelsThatChangeScoresAreTurnedOffAndSharingStays) {
  ShortcutEngine engine;
  engine.kernel_error = std::numeric_limits<double>::quiet_NaN();
  const auto facts = check_shortcuts(engine, question({}, 0, 50), true);
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->own_kernels, "");
  EXPECT_THAT(facts->why_engine_kernels, HasSubstr("Kernels 1.0"));
  EXPECT_TRUE(facts->shared);
  const Requests one = question({}, 0, 5);
  EXPECT_EQ(engine.score(one)->back().log_likelihood, -1.0);
}

}  // namespace
}  // namespace bantam::evaluate
