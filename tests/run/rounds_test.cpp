#include "run/rounds.hpp"

#include "measure/block.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace bantam::run {
namespace {

// A store of blocks, and a machine that measures: cell 0 takes 1 s for a request, cell 1 `slower` times that.
class RoundsTest : public ::testing::Test {
 protected:
  Rounds rounds(std::size_t cells = 2) {
    blocks_.resize(std::max(blocks_.size(), cells));
    std::vector<std::optional<std::size_t>> base(cells, 0);
    base[0].reset();
    return Rounds({settings_, base, std::vector<int>(base.size(), bantam::measure::scenario_count(settings_)),
                   42, [this](std::size_t cell) { return std::ssize(blocks_[cell]); },
                   [this](std::size_t cell) { return blocks_[cell]; },
                   [this](RoundsEnd end, std::int64_t) { end_ = end; }});
  }

  void measure(const MeasurePart& step) {
    ASSERT_TRUE(step.part.round);
    order_.push_back(step.cell);
    BlockSeen block;
    block.round = *step.part.round;
    block.counted_s = block.wall_s = block_s_;
    block.counts = !disturbed_.contains({step.cell, block.round});
    const double noise = std::exp(noise_ * std::sin(static_cast<double>(block.round * 7 + 3)));
    block.values["ttft_s"] = (step.cell == 0 ? 1.0 : slower_ * noise);
    blocks_[step.cell].push_back(block);
  }

  // Carries out steps; the cells that were closed, in order.
  std::vector<std::size_t> run(Rounds schedule, int most_steps = 1000) {
    std::vector<std::size_t> closed;
    for (int i = 0; i < most_steps; ++i) {
      const auto step = schedule.next();
      if (!step || !*step) return closed;
      if (const auto* part = std::get_if<MeasurePart>(&**step)) measure(*part);
      if (const auto* close = std::get_if<CloseCell>(&**step)) closed.push_back(close->cell);
    }
    return closed;
  }

  plan::PerformanceSettings settings_ = [] {
    plan::PerformanceSettings settings;
    settings.batch_size = 1;
    settings.max_seconds = 1000.0;
    return settings;
  }();
  std::vector<std::vector<BlockSeen>> blocks_;
  std::vector<std::size_t> order_;
  std::set<std::pair<std::size_t, std::int64_t>> disturbed_;
  std::optional<RoundsEnd> end_;
  double slower_ = 1.5;
  double noise_ = 0.001;
  double block_s_ = 1.0;
};

TEST_F(RoundsTest, EveryCellIsMeasuredOnceInEachRoundAndClosedAtTheEnd) {
  settings_.rounds = 4;
  EXPECT_EQ(run(rounds(3)), (std::vector<std::size_t>{0, 1, 2}));
  ASSERT_EQ(order_.size(), 12U);
  for (auto round = order_.begin(); round != order_.end(); round += 3) {
    const std::set<std::size_t> cells(round, round + 3);
    EXPECT_EQ(cells.size(), 3U);
  }
  EXPECT_EQ(end_, RoundsEnd::asked_for);
}

TEST_F(RoundsTest, EverySecondRoundTurnsTheOrderRound) {
  for (std::int64_t round = 0; round < 20; round += 2) {
    auto order = order_in_round(5, round, 42);
    std::ranges::reverse(order);
    EXPECT_EQ(order, order_in_round(5, round + 1, 42));
  }
  std::set<std::vector<std::size_t>> orders;
  for (std::int64_t round = 0; round < 40; round += 2) orders.insert(order_in_round(3, round, 42));
  EXPECT_EQ(orders.size(), 6U);  // all of 3! come up
}

// A drift of 5 % from the first block to the last: the mean log ratio of equal cells errs by less than 0.2 %.
TEST_F(RoundsTest, ALinearDriftCancels) {
  for (const std::int64_t rounds : {4, 6, 10}) {
    double position = 0.0;
    double sum = 0.0;
    for (std::int64_t round = 0; round < rounds; ++round) {
      std::map<std::size_t, double> logs;
      for (const std::size_t cell : order_in_round(2, round, 7))
        logs[cell] = std::log(1.05) * position++ / (2.0 * static_cast<double>(rounds) - 1.0);
      sum += logs[1] - logs[0];
    }
    EXPECT_LT(std::abs(std::exp(sum / static_cast<double>(rounds)) - 1.0), 0.002) << rounds;
  }
}

TEST_F(RoundsTest, WhatIsMeasuredInTheFirstRoundOnlyHasNoOther) {
  settings_.scenarios = {"sustained"};
  settings_.sustained_s = 60.0;
  settings_.rounds = 5;
  EXPECT_EQ(run(rounds()), (std::vector<std::size_t>{0, 1}));
  EXPECT_EQ(end_, RoundsEnd::asked_for);
  EXPECT_EQ(blocks_[0].size(), 1U);
}

TEST_F(RoundsTest, StopsAtTheFirstLookThatIsNarrowEnough) {
  run(rounds());
  EXPECT_EQ(end_, RoundsEnd::decided);
  EXPECT_EQ(blocks_[0].size(), 6U);
}

TEST_F(RoundsTest, GoesOnWhileTheRatioIsUncertain) {
  noise_ = 0.02;
  run(rounds());
  EXPECT_EQ(end_, RoundsEnd::decided);
  EXPECT_GT(blocks_[0].size(), 6U);
}

TEST_F(RoundsTest, WhatCannotBeKnownEndsAfterTheMostRounds) {
  noise_ = 0.5;
  run(rounds());
  EXPECT_EQ(end_, RoundsEnd::most_rounds);
  EXPECT_EQ(blocks_[1].size(), 40U);
}

TEST_F(RoundsTest, TheBudgetOfACellEndsMeasuring) {
  noise_ = 0.5;
  settings_.max_seconds = 9.5;
  run(rounds());
  EXPECT_EQ(end_, RoundsEnd::time_budget);
  EXPECT_EQ(blocks_[0].size(), 10U);
}

TEST_F(RoundsTest, TheBudgetOfThePlanEndsMeasuringAfterAWholeRound) {
  noise_ = 0.5;
  settings_.time_budget_s = 9.0;
  run(rounds());
  EXPECT_EQ(end_, RoundsEnd::time_budget);
  EXPECT_EQ(blocks_[0].size(), 5U);
  EXPECT_EQ(blocks_[1].size(), 5U);
}

TEST_F(RoundsTest, DisturbedBlocksAreMadeUpForByFurtherRounds) {
  disturbed_ = {{0, 1}, {1, 2}};
  run(rounds());
  EXPECT_EQ(end_, RoundsEnd::decided);
  EXPECT_GE(std::ranges::count(blocks_[0], true, &BlockSeen::counts), 6);
  EXPECT_GE(std::ranges::count(blocks_[1], true, &BlockSeen::counts), 6);
}

TEST_F(RoundsTest, GoesOnWithWhatIsStored) {
  settings_.rounds = 5;
  run(rounds(), 7);  // three rounds and one block of the next
  ASSERT_EQ(blocks_[0].size() + blocks_[1].size(), 7U);
  EXPECT_EQ(run(rounds()).size(), 2U);
  EXPECT_EQ(blocks_[0].size(), 5U);
  EXPECT_EQ(blocks_[1].size(), 5U);
}

TEST_F(RoundsTest, ACellThatFailsLeavesTheOthersAlone) {
  settings_.rounds = 3;
  Rounds schedule = rounds(3);
  const auto first = schedule.next();
  ASSERT_TRUE(first && *first);
  const std::size_t failed = std::get<MeasurePart>(**first).cell;
  schedule.on_failed(failed, {});
  const auto closed = run(std::move(schedule));
  EXPECT_EQ(closed.size(), 2U);
  EXPECT_EQ(std::ranges::find(closed, failed), closed.end());
  EXPECT_TRUE(blocks_[failed].empty());
}

}  // namespace
}  // namespace bantam::run
