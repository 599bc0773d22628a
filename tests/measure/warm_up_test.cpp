#include "measure/warm_up.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace bantam::measure {
namespace {

using Times = std::vector<double>;

TEST(WarmUp, EndsWhenTheLastRunIsAsFastAsTheFastestBefore) {
  EXPECT_FALSE(is_warm(Times{1.5}));
  EXPECT_EQ(is_warm(Times{1.5, 1.1}), false);
  EXPECT_EQ(is_warm(Times{1.5, 1.1, 1.02}), false);
  EXPECT_EQ(is_warm(Times{1.5, 1.1, 1.02, 1.01}), true);
  EXPECT_EQ(is_warm(Times{1.0, 1.009}), true);
  EXPECT_EQ(is_warm(Times{1.0, 0.98}), false);
}

TEST(WarmUp, EndsWhenTheTrendStopsUnderNoise) {
  EXPECT_EQ(is_warm(Times{1.0, 1.3}), false) << "one run says nothing";
  EXPECT_EQ(is_warm(Times{1.0, 1.3, 1.2}), true) << "neither of two was faster";
  EXPECT_EQ(is_warm(Times{1.5, 1.6, 1.2}), false) << "the last was faster";
}

TEST(WarmUp, HasLimits) {
  const Times falling{10, 9, 8, 7, 6, 5, 4, 3, 2, 1};
  const auto first = [&](std::size_t runs) { return std::span(falling).first(runs); };
  EXPECT_TRUE(warms_up_further(first(0), {}, 0.0, 0.0)) << "at least one";
  EXPECT_TRUE(warms_up_further(first(9), {}, 1.0, 100.0));
  EXPECT_FALSE(warms_up_further(first(10), {}, 1.0, 100.0)) << "the most runs";
  EXPECT_FALSE(warms_up_further(first(1), {}, 10.0, 10.0)) << "the whole budget";
  EXPECT_TRUE(warms_up_further(first(1), {}, 9.0, 10.0)) << "a second one tells whether it was needed";
  EXPECT_FALSE(warms_up_further(first(2), {}, 2.5, 10.0)) << "a quarter of the budget";
  EXPECT_TRUE(warms_up_further(first(2), {}, 2.4, 10.0));
}

TEST(WarmUp, AForcedNumberIsKept) {
  const Times steady(5, 1.0);
  EXPECT_FALSE(warms_up_further({}, 0, 0.0, 10.0));
  EXPECT_TRUE(warms_up_further(steady, 6, 1e6, 10.0));
  EXPECT_FALSE(warms_up_further(steady, 5, 0.0, 10.0));
}

double median(Times times) {
  std::ranges::sort(times);
  const std::size_t half = times.size() / 2;
  return times.size() % 2 == 1 ? times[half] : (times[half - 1] + times[half]) / 2.0;
}

// Runs that take 1 s in the end and `extra` more at the start, of which each leaves `left` to the next, times
// lognormal noise.
struct Simulated {
  double bias = 0.0;      // of the median over the counted runs, mean over blocks
  double warm_ups = 0.0;  // mean
  double given_up = 0.0;  // share of blocks that did not become warm
};
Simulated simulate(double extra, double left, double noise) {
  constexpr int kBlocks = 4000;
  constexpr int kCounted = 8;
  std::mt19937_64 random(7);
  std::normal_distribution<double> normal(0.0, 1.0);
  Simulated result;
  for (int block = 0; block < kBlocks; ++block) {
    double excess = extra;
    const auto run = [&] {
      const double time_s = (1.0 + excess) * std::exp(noise * normal(random));
      excess *= left;
      return time_s;
    };
    Times warm_ups;
    while (warms_up_further(warm_ups, {}, 0.0, 1e6)) warm_ups.push_back(run());
    Times counted;
    for (int i = 0; i < kCounted; ++i) counted.push_back(run());
    result.bias += (median(counted) - 1.0) / kBlocks;
    result.warm_ups += static_cast<double>(warm_ups.size()) / kBlocks;
    result.given_up += is_warm(warm_ups) == false ? 1.0 / kBlocks : 0.0;
  }
  return result;
}

// The rule looks at runs that are not counted, so that it cannot choose among those that are.
TEST(WarmUp, SteadyRunsAreNotBiasedByTheRule) {
  for (const double noise : {0.0, 0.01, 0.05, 0.2}) {
    const Simulated steady = simulate(0.0, 0.5, noise);
    // The median of a lognormal with median 1; its standard error over all blocks is below noise / 50.
    EXPECT_NEAR(steady.bias, 0.0, 0.002 + 0.01 * noise + noise * noise / 8.0) << noise;
    EXPECT_LT(steady.warm_ups, 4.5) << noise;
    EXPECT_LT(steady.given_up, 0.01) << noise;
  }
}

TEST(WarmUp, WhatIsLeftOfADecayingStartIsSmall) {
  for (const double extra : {0.1, 0.5, 2.0}) {
    for (const double left : {0.2, 0.5, 0.7}) {
      for (const double noise : {0.0, 0.01, 0.03}) {
        const Simulated one = simulate(extra, left, noise);
        EXPECT_LT(one.bias, left < 0.6 ? 0.006 : 0.03)
            << extra << " " << left << " " << noise << ": " << one.warm_ups;
        EXPECT_GT(one.bias, -0.003) << extra << " " << left << " " << noise;
      }
    }
  }
}

TEST(WarmUp, AStartThatDoesNotEndIsTold) {
  EXPECT_GT(simulate(10.0, 0.95, 0.01).given_up, 0.9);
}

}  // namespace
}  // namespace bantam::measure
