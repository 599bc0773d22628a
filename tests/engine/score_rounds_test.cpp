// The plan is carried out on a cache that is simulated: every score must be read after exactly its own
// tokens.

#include "engine/score_rounds.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <vector>

namespace bantam::engine {
namespace {

using Tokens = std::vector<Token>;

// Tokens of each branch by their positions, as the rounds leave them.
class SimulatedCache {
 public:
  explicit SimulatedCache(std::span<const ScoreRequest> requests)
      : requests_(requests), read_(requests.size()) {}

  void run(const std::vector<ScoreRound>& rounds, const ScoreLimits& limits) {
    for (const ScoreRound& round : rounds) {
      start(round);
      std::size_t next = 0;
      for (std::size_t row = 0; row < round.rows.size(); ++row) {
        compute(round.rows[row]);
        for (; next < round.targets.size() && round.targets[next].row == row; ++next) {
          read(round.rows[row], round.targets[next]);
        }
      }
      EXPECT_EQ(next, round.targets.size());
      EXPECT_LE(branches_.size(), limits.branches);
      EXPECT_LE(static_cast<std::size_t>(round.kept) + round.rows.size(), limits.cells);
      rows_ += round.rows.size();
    }
    for (std::size_t i = 0; i < requests_.size(); ++i) EXPECT_EQ(read_[i], requests_[i].continuation) << i;
  }
  std::size_t rows() const { return rows_; }

 private:
  void start(const ScoreRound& round) {
    const Tokens last = branches_.empty() ? Tokens{} : branches_.back();
    ASSERT_LE(static_cast<std::size_t>(round.kept), last.size());
    branches_.clear();
    for (const int kept : round.kept_by_branch) {
      ASSERT_LE(kept, round.kept);
      branches_.emplace_back(last.begin(), last.begin() + kept);
    }
  }
  void compute(const ScoreRow& row) {
    ASSERT_LE(row.first_branch, row.last_branch);
    for (int branch = row.first_branch; branch <= row.last_branch; ++branch) {
      Tokens& path = branches_.at(static_cast<std::size_t>(branch));
      ASSERT_EQ(path.size(), static_cast<std::size_t>(row.position));
      path.push_back(row.token);
    }
  }
  // The tokens seen so far must be the request's context and what of its continuation has been read.
  void read(const ScoreRow& row, const ScoreTarget& target) {
    EXPECT_TRUE(row.logits);
    Tokens seen = requests_[target.request].context;
    Tokens& read = read_[target.request];
    seen.insert(seen.end(), read.begin(), read.end());
    EXPECT_EQ(branches_.at(static_cast<std::size_t>(row.first_branch)), seen);
    read.push_back(target.token);
  }

  std::span<const ScoreRequest> requests_;
  std::vector<Tokens> read_;
  std::vector<Tokens> branches_;
  std::size_t rows_ = 0;
};

std::size_t rows_of(const std::vector<ScoreRequest>& requests, const ScoreLimits& limits) {
  SimulatedCache cache(requests);
  cache.run(plan_score_rounds(requests, limits), limits);
  return cache.rows();
}

Tokens counted(Token first, std::size_t count) {
  Tokens tokens(count);
  for (std::size_t i = 0; i < count; ++i) tokens[i] = first + static_cast<Token>(i);
  return tokens;
}

TEST(ScoreRounds, OneTokenAnswersCostTheContextOnce) {
  const Tokens context = counted(0, 50);
  const std::vector<ScoreRequest> requests = {{context, {1}}, {context, {2}}, {context, {3}}, {context, {4}}};
  EXPECT_EQ(rows_of(requests, {}), 50U);
}

TEST(ScoreRounds, EndingsOfOneQuestionShareItsContext) {
  const Tokens context = counted(0, 50);
  const std::vector<ScoreRequest> requests = {
      {context, {1, 2, 3}}, {context, {1, 5, 6, 7}}, {context, {8, 9}}};
  // 50 of the context, 2 + 2 + 1 of the endings: the token 1 that two of them begin with is computed once.
  EXPECT_EQ(rows_of(requests, {}), 55U);
}

TEST(ScoreRounds, APrefixIsKeptFromRoundToRound) {
  const Tokens prefix = counted(0, 400);
  std::vector<ScoreRequest> requests;
  for (Token question = 0; question < 20; ++question) {
    Tokens context = prefix;
    for (const Token token : counted(1000 * (question + 1), 40)) context.push_back(token);
    for (Token answer = 1; answer <= 4; ++answer) requests.push_back({context, {answer}});
  }
  ScoreLimits limits;
  limits.rows = 512;
  limits.cells = 1024;
  EXPECT_EQ(rows_of(requests, limits), 400U + 20U * 40U);
}

TEST(ScoreRounds, ARoundHasNoMoreLogitsThanAsked) {
  std::vector<ScoreRequest> requests;
  for (Token question = 0; question < 12; ++question) {
    requests.push_back({counted(1000 * (question + 1), 10), counted(50, 8)});
  }
  ScoreLimits limits;
  limits.outputs = 30;  // of three requests, and not of a fourth
  const auto rounds = plan_score_rounds(requests, limits);
  EXPECT_EQ(rounds.size(), 4U);
  for (const ScoreRound& round : rounds) {
    EXPECT_EQ(
        std::count_if(round.rows.begin(), round.rows.end(), [](const ScoreRow& row) { return row.logits; }),
        24);
  }
  EXPECT_EQ(rows_of(requests, limits), 12U * 17U);
}

TEST(ScoreRounds, WithoutSharingEveryRoundIsOnePathFromAnEmptyCache) {
  const Tokens context = counted(0, 50);
  const std::vector<ScoreRequest> requests = {
      {context, {1}}, {context, {2}}, {context, {3, 4}}, {context, {5, 6}}};
  ScoreLimits limits;
  limits.share = false;
  limits.branches = 1;
  const auto rounds = plan_score_rounds(requests, limits);
  for (const ScoreRound& round : rounds) {
    EXPECT_EQ(round.kept, 0);
    EXPECT_EQ(round.kept_by_branch.size(), 1U);
  }
  // The two one-token answers are read off the path of the third; the fourth needs the context again.
  EXPECT_EQ(rows_of(requests, limits), 51U + 51U);
}

// Random trees of requests under tight limits: whatever the layout, each score is read after its own tokens.
TEST(ScoreRounds, EveryLayoutReadsEachScoreAfterItsOwnTokens) {
  std::mt19937 random(7);
  const auto below = [&](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
  for (int trial = 0; trial < 300; ++trial) {
    std::vector<ScoreRequest> requests;
    Tokens context;
    for (std::size_t i = 0; i < 30; ++i) {
      if (i == 0 || below(3) == 0) {
        context.resize(below(context.size() + 1));  // a prefix of the one before
        const std::size_t more = 1 + below(40);
        for (std::size_t n = 0; n < more; ++n) context.push_back(static_cast<Token>(below(2)));
        if (context.size() > 90) context.resize(90);
      }
      Tokens continuation;
      const std::size_t length = 1 + below(6);
      for (std::size_t n = 0; n < length; ++n) continuation.push_back(static_cast<Token>(below(2)));
      requests.push_back({context, continuation});
    }
    ScoreLimits limits;
    limits.rows = 20 + below(60);
    limits.cells = 100 + below(60);
    limits.share = below(4) != 0;
    limits.branches = limits.share ? 1 + below(6) : 1;
    rows_of(requests, limits);
    ASSERT_FALSE(testing::Test::HasFailure()) << "trial " << trial;
  }
}

}  // namespace
}  // namespace bantam::engine
