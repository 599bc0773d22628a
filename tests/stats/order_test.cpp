#include "stats/order.hpp"

#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace bantam::stats {
namespace {

TEST(Median, IsAbsentWithoutSamples) {
  EXPECT_FALSE(median({}).has_value());
  EXPECT_FALSE(median_interval({}).has_value());
  EXPECT_FALSE(percentile({}, 0.9).has_value());
}

TEST(Median, OfAnEvenCountIsTheMeanOfTheMiddleTwo) {
  EXPECT_DOUBLE_EQ(median(std::vector<double>{4.0, 1.0, 3.0, 2.0}).value(), 2.5);
}

TEST(MedianInterval, NeedsSixSamplesAtNinetyFivePercent) {
  const std::vector<double> five{1, 2, 3, 4, 5};
  const std::vector<double> six{6, 5, 4, 3, 2, 1};
  EXPECT_FALSE(median_interval(five).has_value());
  const auto interval = median_interval(six);
  ASSERT_TRUE(interval.has_value());
  EXPECT_DOUBLE_EQ(interval->interval.low, 1.0);
  EXPECT_DOUBLE_EQ(interval->interval.high, 6.0);
  EXPECT_DOUBLE_EQ(interval->coverage, 1.0 - 2.0 / 64.0);
}

// Property: on skewed data (exponential, median ln 2) the interval covers at least as often as it promises.
TEST(MedianInterval, CoversTheTrueMedianOfSkewedData) {
  std::mt19937_64 random(7);
  std::exponential_distribution<double> draw(1.0);
  int covered = 0;
  constexpr int kRounds = 2000;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<double> samples(20);
    for (double& sample : samples) sample = draw(random);
    const Interval interval = median_interval(samples)->interval;
    if (interval.low <= 0.6931471805599453 && 0.6931471805599453 <= interval.high) ++covered;
  }
  EXPECT_GE(covered, kRounds * 94 / 100);
}

TEST(Percentile, HasTheFloorsOfLoadGen) {
  EXPECT_EQ(percentile_floor(0.50), 11);
  EXPECT_EQ(percentile_floor(0.90), 64);
  EXPECT_EQ(percentile_floor(0.95), 130);
  EXPECT_EQ(percentile_floor(0.99), 662);
}

TEST(Percentile, IsAbsentBelowItsFloor) {
  const std::vector<double> samples(63, 1.0);
  EXPECT_FALSE(supported_percentile(samples, 0.90).has_value());
  EXPECT_TRUE(supported_percentile(std::vector<double>(64, 1.0), 0.90).has_value());
}

}  // namespace
}  // namespace bantam::stats
