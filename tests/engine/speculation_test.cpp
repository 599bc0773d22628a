// Speculative decoding on hand-made models: what is accepted, where it ends, and that its tokens are those of
// decoding one by one.
#include "engine/speculation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/prompt_lookup.hpp"
#include "support/fake_clock.hpp"

namespace bantam::engine {
namespace {

constexpr Token kEnd = 99;

// Continues the prompt 1 with `answer`, and then with the end token. In a batch of several tokens, or behind
// cells that came from one, the rows of `close` positions of the answer have the wrong token in front.
class ScriptedTarget final : public SpeculationTarget {
 public:
  explicit ScriptedTarget(std::vector<Token> answer) : answer_(std::move(answer)) {}

  base::Status compute(std::span<const Token> tokens, std::size_t position, bool all_rows) override {
    EXPECT_EQ(position, batched_.size()) << "cells are computed in a row";
    ++computations;
    computed += tokens.size();
    rows_.clear();
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      batched_.push_back(tokens.size() > 1);
      rows_.push_back(row(batched_.size() - 1));
    }
    if (!all_rows) rows_ = {rows_.back()};
    return {};
  }
  base::Result<TopTwo> top(std::size_t row) override { return rows_.at(row); }
  base::Status cut(std::size_t position) override {
    EXPECT_LE(position, batched_.size());
    batched_.resize(position);
    return {};
  }
  std::size_t most_at_once(std::size_t) const override { return most; }
  bool is_end(Token token) override { return token == kEnd; }
  bool ends_at_stop(Token token) override { return token == stop; }

  TopTwo first() { return row(0); }

  Token stop = -1;
  std::size_t most = 100;
  std::map<std::size_t, float> close;  // by place in the answer
  int computations = 0;
  std::size_t computed = 0;

 private:
  // After the cell at `position`; the prompt is the one at 0.
  TopTwo row(std::size_t position) const {
    TopTwo top;
    top.index = static_cast<std::size_t>(position < answer_.size() ? answer_[position] : kEnd);
    top.gap = 1.0F;
    const auto near = close.find(position);
    if (near == close.end()) return top;
    top.gap = near->second;
    const auto end = batched_.begin() + static_cast<std::ptrdiff_t>(position) + 1;
    if (std::find(batched_.begin(), end, true) != end) top.index = 77;
    return top;
  }

  std::vector<Token> answer_;
  std::vector<bool> batched_{false};  // each cell: it was computed in a batch
  std::vector<TopTwo> rows_;          // of the computation made last
};

// Proposes, at each place of the output, what stands there in a text of its own.
class ScriptedProposer final : public Proposer {
 public:
  explicit ScriptedProposer(std::vector<Token> guesses) : guesses_(std::move(guesses)) {}
  base::Status propose(std::span<const Token> text, std::size_t most, std::vector<Token>& draft) override {
    EXPECT_TRUE(draft.empty());
    for (std::size_t i = text.size() - 1; i < guesses_.size() && draft.size() < most; ++i)
      draft.push_back(guesses_[i]);
    return {};
  }

 private:
  std::vector<Token> guesses_;
};

Generation run(ScriptedTarget& target, Proposer&& proposer, SpeculationLimits limits) {
  const support::FakeClock clock;
  Generation out;
  out.prompt_tokens = {1};
  const auto done = speculate(target, proposer, limits, target.first(), clock, out);
  EXPECT_TRUE(done);
  EXPECT_EQ(out.token_ns.size(), out.tokens.size());
  EXPECT_TRUE(std::ranges::is_sorted(out.token_ns));
  return out;
}

const std::vector<Token> kAnswer{10, 11, 12, 13, 14, 15, 16, 17, 18, 19};

TEST(Speculation, AllProposalsAreRight) {
  ScriptedTarget target(kAnswer);
  const Generation out = run(target, ScriptedProposer(kAnswer), {.draft_tokens = 4, .most_tokens = 10});
  EXPECT_EQ(out.tokens, kAnswer);
  EXPECT_EQ(out.finish, "length");
  // 10 from the prompt; 11 12 13 14 and 15; 16 17 18 and 19.
  EXPECT_EQ(target.computations, 2);
  EXPECT_EQ(out.drafted_tokens, 7);
  EXPECT_EQ(out.accepted_tokens, 7);
}

TEST(Speculation, NoProposalIsRight) {
  ScriptedTarget target(kAnswer);
  const Generation out =
      run(target, ScriptedProposer(std::vector<Token>(10, 55)), {.draft_tokens = 3, .most_tokens = 10});
  EXPECT_EQ(out.tokens, kAnswer);
  EXPECT_EQ(target.computations, 9);
  // Three at a time; two, one and none where fewer tokens are missing.
  EXPECT_EQ(out.drafted_tokens, 6 * 3 + 2 + 1);
  EXPECT_EQ(out.accepted_tokens, 0);
}

TEST(Speculation, ProposalsAreRightUpToTheFirstWrongOne) {
  ScriptedTarget target(kAnswer);
  const Generation out = run(target, ScriptedProposer({10, 11, 12, 55, 14, 15, 16, 17, 18, 19}),
                             {.draft_tokens = 4, .most_tokens = 10});
  EXPECT_EQ(out.tokens, kAnswer);
  // 11 12 (55 14) and 13; 14 15 16 17 and 18; 19 alone.
  EXPECT_EQ(target.computations, 3);
  EXPECT_EQ(out.drafted_tokens, 8);
  EXPECT_EQ(out.accepted_tokens, 6);
}

TEST(Speculation, WithoutProposalsItDecodesOneByOne) {
  ScriptedTarget target(kAnswer);
  const Generation out = run(target, ScriptedProposer({}), {.draft_tokens = 4, .most_tokens = 6});
  EXPECT_EQ(out.tokens, (std::vector<Token>{10, 11, 12, 13, 14, 15}));
  EXPECT_EQ(target.computations, 5);
  EXPECT_EQ(out.drafted_tokens, 0);
}

TEST(Speculation, EndsAtTheEndTokenInsideADraft) {
  ScriptedTarget target({10, 11, 12});
  const Generation out =
      run(target, ScriptedProposer({10, 11, 12, kEnd, 55, 56}), {.draft_tokens = 8, .most_tokens = 20});
  EXPECT_EQ(out.tokens, (std::vector<Token>{10, 11, 12}));
  EXPECT_EQ(out.finish, "stop");
  EXPECT_EQ(out.drafted_tokens, 2) << "the end token and what stands behind it are not computed";
  EXPECT_EQ(out.accepted_tokens, 2);
  ScriptedTarget empty({});
  const Generation none = run(empty, ScriptedProposer({}), {.draft_tokens = 8, .most_tokens = 20});
  EXPECT_TRUE(none.tokens.empty());
  EXPECT_EQ(none.finish, "stop");
}

TEST(Speculation, EndsAtAStopStringInsideADraft) {
  ScriptedTarget target(kAnswer);
  target.stop = 13;
  const Generation out = run(target, ScriptedProposer(kAnswer), {.draft_tokens = 8, .most_tokens = 10});
  EXPECT_EQ(out.tokens, (std::vector<Token>{10, 11, 12, 13}));
  EXPECT_EQ(out.finish, "stop");
}

TEST(Speculation, NeverGivesMoreTokensThanAreAskedFor) {
  for (std::size_t most = 1; most <= 10; ++most) {
    ScriptedTarget target(kAnswer);
    const Generation out = run(target, ScriptedProposer(kAnswer), {.draft_tokens = 8, .most_tokens = most});
    EXPECT_EQ(out.tokens, std::vector<Token>(kAnswer.begin(), kAnswer.begin() + std::ssize(out.tokens)));
    EXPECT_EQ(out.tokens.size(), most);
    EXPECT_EQ(out.finish, "length");
  }
}

TEST(Speculation, KeepsToTheMostThatTheTargetTakesAtOnce) {
  ScriptedTarget target(kAnswer);
  target.most = 3;
  const Generation out = run(target, ScriptedProposer(kAnswer), {.draft_tokens = 8, .most_tokens = 10});
  EXPECT_EQ(out.tokens, kAnswer);
  EXPECT_EQ(target.computations, 3);
}

TEST(Speculation, ComputesACloseDecisionAgainOneByOne) {
  ScriptedTarget target(kAnswer);
  target.close = {{3, 0.01F}, {7, 0.01F}};
  const SpeculationLimits careful{.draft_tokens = 4, .most_tokens = 10, .tolerance = 0.02};
  const Generation out = run(target, ScriptedProposer(kAnswer), careful);
  EXPECT_EQ(out.tokens, kAnswer);
  ScriptedTarget again(kAnswer);
  again.close = target.close;
  const Generation careless = run(again, ScriptedProposer(kAnswer), {.draft_tokens = 4, .most_tokens = 10});
  EXPECT_EQ(careless.tokens[3], 77) << "the test would not see a difference";
}

TEST(Speculation, ADecisionThatIsClearIsNotComputedAgain) {
  ScriptedTarget target(kAnswer);
  const SpeculationLimits careful{.draft_tokens = 4, .most_tokens = 10, .tolerance = 0.5};
  run(target, ScriptedProposer(kAnswer), careful);
  EXPECT_EQ(target.computed, 9U);
}

TEST(Speculation, DecodesBothWaysToLearnTheDifference) {
  ScriptedTarget target(kAnswer);
  target.close = {{4, 0.25F}};
  const support::FakeClock clock;
  Generation out;
  out.prompt_tokens = {1};
  const SpeculationLimits limits{.draft_tokens = 4, .most_tokens = 10};
  const auto difference = decode_both_ways(target, limits, target.first(), clock, out).value();
  EXPECT_EQ(out.tokens, kAnswer);
  EXPECT_FALSE(out.drafted_tokens);
  EXPECT_EQ(difference.rows, 9U);
  // Alone the right token leads by 0.25, in a batch another one does.
  EXPECT_DOUBLE_EQ(difference.largest, 0.5);
  EXPECT_DOUBLE_EQ(difference.tolerance(), 2.0);
  EXPECT_DOUBLE_EQ((BatchDifference{0.0, 9}.tolerance()), kUsualTolerance) << "nine rows are few";
  EXPECT_DOUBLE_EQ((BatchDifference{0.0, 200}.tolerance()), 0.0);
}

std::vector<Token> looked_up(std::vector<Token> text, std::size_t most) {
  std::vector<Token> draft;
  EXPECT_TRUE(PromptLookup().propose(text, most, draft));
  return draft;
}

TEST(PromptLookup, ProposesWhatFollowedTheNewestTokens) {
  EXPECT_EQ(looked_up({1, 2, 3, 4, 5, 6, 1, 2}, 3), (std::vector<Token>{3, 4, 5}));
  EXPECT_EQ(looked_up({1, 2, 3, 9, 1, 2, 4, 8, 1, 2}, 2), (std::vector<Token>{4, 8})) << "the latest place";
  EXPECT_EQ(looked_up({7, 1, 2, 5, 9, 1, 2, 6, 7, 1, 2}, 1), (std::vector<Token>{5})) << "the longest run";
}

TEST(PromptLookup, GoesOnWithARepetition) {
  EXPECT_EQ(looked_up({5, 7, 7, 7}, 4), (std::vector<Token>{7, 7, 7, 7}));
  EXPECT_EQ(looked_up({1, 2, 1, 2}, 5), (std::vector<Token>{1, 2, 1, 2, 1}));
}

TEST(PromptLookup, ProposesNothingNew) {
  EXPECT_TRUE(looked_up({}, 4).empty());
  EXPECT_TRUE(looked_up({1}, 4).empty());
  EXPECT_TRUE(looked_up({1, 2, 3, 4, 5}, 4).empty());
  EXPECT_TRUE(looked_up({2, 3, 1, 3}, 4).empty()) << "one token is too little to go by";
}

}  // namespace
}  // namespace bantam::engine
