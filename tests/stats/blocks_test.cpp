#include "stats/blocks.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <random>
#include <string>
#include <vector>

#include "stats/order.hpp"

namespace bantam::stats {
namespace {

// How the logarithm of a block's figure is spread around its median of 0; `scale` is about 1 %.
struct Spread {
  std::string name;
  std::function<double(std::mt19937_64&, double scale)> draw;  // log value
};

std::vector<Spread> spreads() {
  const auto normal = [](std::mt19937_64& random, double scale) {
    return std::normal_distribution<double>(0.0, scale)(random);
  };
  const auto skewed = [](std::mt19937_64& random, double scale) {
    return std::exponential_distribution<double>(1.0 / scale)(random) - scale * std::numbers::ln2;
  };
  const auto slow_ones = [normal](std::mt19937_64& random, double scale) {
    // One block in twenty is disturbed. The median of the whole is that of the rest, to 6 % of the scale.
    const double plain = normal(random, scale) - 0.06 * scale;
    const bool disturbed = std::uniform_real_distribution<double>()(random) < 0.05;
    return plain + (disturbed ? std::exponential_distribution<double>(0.2 / scale)(random) : 0.0);
  };
  return {{"normal", normal}, {"skewed", skewed}, {"slow ones", slow_ones}};
}

constexpr int kRuns = 3000;

bool covers(const Interval& interval, double truth) {
  return interval.low <= truth && truth <= interval.high;
}

double coverage_of(const Spread& spread, std::size_t blocks) {
  std::mt19937_64 random(blocks);
  int covered = 0;
  for (int run = 0; run < kRuns; ++run) {
    std::vector<double> values(blocks);
    for (double& value : values) value = std::exp(spread.draw(random, 0.01));
    covered += covers(*block_interval(values), 1.0);
  }
  return covered / static_cast<double>(kRuns);
}

TEST(Blocks, AnIntervalNeedsFour) {
  EXPECT_FALSE(block_interval(std::vector{1.0, 1.1, 1.2}));
  EXPECT_TRUE(block_interval(std::vector{1.0, 1.1, 1.2, 1.3}));
  EXPECT_FALSE(paired_ratio(std::vector{0.1, 0.1, 0.2}).interval);
}

// By hand: logarithms of mean 0 and standard deviation 0.02, t(3, 0.985) = 3.896 (tables), √4 = 2.
TEST(Blocks, OfFourIsStudentsOnLogarithms) {
  const double s = 0.02 * std::sqrt(3.0 / 4.0);
  const std::vector<double> logs{s, -s, s, -s};
  std::vector<double> values;
  for (const double log : logs) values.push_back(100.0 * std::exp(log));
  const auto interval = block_interval(values);
  ASSERT_TRUE(interval);
  EXPECT_NEAR(std::log(interval->high / 100.0), 3.896 * 0.02 / 2.0, 2e-4);
  EXPECT_NEAR(std::log(interval->low / 100.0), -3.896 * 0.02 / 2.0, 2e-4);
  const PairedRatio ratio = paired_ratio(logs);
  EXPECT_DOUBLE_EQ(ratio.ratio, 1.0);
  EXPECT_NEAR(std::log(ratio.interval->high), 3.896 * 0.02 / 2.0, 2e-4);
}

TEST(Blocks, CoverTheMedianOfSkewedBlocks) {
  for (const Spread& spread : spreads()) {
    for (const std::size_t blocks : {4U, 5U, 6U, 7U, 8U, 9U, 10U, 11U, 14U, 20U, 28U, 40U, 50U}) {
      const double coverage = coverage_of(spread, blocks);
      EXPECT_GE(coverage, 0.93) << spread.name << ' ' << blocks;
      EXPECT_LE(coverage, 0.985) << spread.name << ' ' << blocks;
    }
  }
}

struct Stopped {
  double coverage = 0.0;
  double rounds = 0.0;  // on average
};

// Rounds until the interval is within ±1 %, or all are used. `draw` gives the next block of the own value, or
// the next log ratio.
template <typename Look>
Stopped under_the_rule(const Spread& spread, double scale, bool of_ratio, Look look) {
  std::mt19937_64 random(99);
  Stopped stopped;
  for (int run = 0; run < kRuns; ++run) {
    std::vector<double> samples;
    Interval interval;
    for (const std::int64_t rounds : kRoundLooks) {
      while (std::ssize(samples) < rounds) {
        const double one = spread.draw(random, scale);
        samples.push_back(of_ratio ? one - spread.draw(random, scale) : std::exp(one));
      }
      interval = look(samples);
      if (relative_half_width(interval) <= 0.01) break;
    }
    stopped.coverage += covers(interval, 1.0) / static_cast<double>(kRuns);
    stopped.rounds += static_cast<double>(samples.size()) / kRuns;
  }
  return stopped;
}

TEST(Blocks, CoverUnderTheStoppingRule) {
  for (const Spread& spread : spreads()) {
    for (const double scale : {0.003, 0.007, 0.01, 0.016, 0.03}) {
      const Stopped own =
          under_the_rule(spread, scale, false, [](const auto& s) { return *block_interval(s); });
      EXPECT_GE(own.coverage, 0.93) << spread.name << ' ' << scale << " after " << own.rounds;
      EXPECT_LE(own.coverage, 0.985) << spread.name << ' ' << scale << " after " << own.rounds;
      const Stopped ratio =
          under_the_rule(spread, scale, true, [](const auto& s) { return *paired_ratio(s).interval; });
      EXPECT_GE(ratio.coverage, 0.93) << spread.name << ' ' << scale << " after " << ratio.rounds;
      EXPECT_LE(ratio.coverage, 0.985) << spread.name << ' ' << scale << " after " << ratio.rounds;
    }
  }
}

// Two equal cells, under the rule: told apart less than once in fifty; where neighbouring differences are
// alike to 0.3, less than once in twenty-five.
TEST(Blocks, EqualCellsAreNotCalledApart) {
  for (const Spread& spread : spreads()) {
    for (const double memory : {0.0, 0.3}) {
      std::mt19937_64 random(7);
      int called = 0;
      for (int run = 0; run < kRuns; ++run) {
        std::vector<double> ratios;
        double before = 0.0;
        Interval interval;
        for (const std::int64_t rounds : kRoundLooks) {
          while (std::ssize(ratios) < rounds) {
            before = memory * before + spread.draw(random, 0.01) - spread.draw(random, 0.01);
            ratios.push_back(before);
          }
          interval = *paired_ratio(ratios).interval;
          if (relative_half_width(interval) <= 0.01) break;
        }
        called += is_apart(interval);
      }
      EXPECT_LT(called / static_cast<double>(kRuns), memory > 0.0 ? 0.04 : 0.02)
          << spread.name << ' ' << memory;
    }
  }
}

// A machine that slows by 5 % from the first block to the last: in turns (A B, B A, ...) it falls on both
// sides alike.
TEST(Blocks, DriftThatTakesBothSidesInTurnsCancels) {
  for (const int rounds : {4, 5, 6, 8, 9, 10, 11, 20, 28, 61}) {
    const double step = std::log(1.05) / (2 * rounds - 1);
    std::vector<double> log_ratios;
    for (int round = 0; round < rounds; ++round) log_ratios.push_back(round % 2 == 0 ? step : -step);
    const PairedRatio ratio = paired_ratio(log_ratios);
    EXPECT_NEAR(ratio.ratio, 1.0, 0.002) << rounds;
    EXPECT_TRUE(covers(*ratio.interval, 1.0)) << rounds;
  }
}

TEST(Blocks, SaysHowManyRoundsAreMissing) {
  const Interval two_percent{std::exp(-0.02), std::exp(0.02)};
  EXPECT_EQ(rounds_missing(two_percent, 6, 0.01), 18);  // half the width takes four times the rounds
  EXPECT_EQ(rounds_missing(two_percent, 6, 0.02 + 1e-9), 0);
  EXPECT_FALSE(rounds_missing({-1.0, 1.0}, 6, 0.01));
}

}  // namespace
}  // namespace bantam::stats
