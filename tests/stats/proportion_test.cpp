#include "stats/proportion.hpp"

#include <gtest/gtest.h>

#include "stats/means.hpp"

namespace bantam::stats {
namespace {

// The textbook example of Newcombe (1998), table II, method 10.
TEST(NewcombePaired, MatchesThePublishedExample) {
  const auto result = newcombe_paired(1, 1, 7, 12, 0.95);
  EXPECT_NEAR(result.interval.low, -0.507, 5e-4);
  EXPECT_NEAR(result.interval.high, -0.026, 5e-4);
}

TEST(NewcombePaired, StaysWithinTheRangeOfADifferenceAtTheEnds) {
  for (const auto& result :
       {newcombe_paired(5, 0, 0, 0), newcombe_paired(0, 5, 0, 0), newcombe_paired(0, 0, 0, 1)}) {
    EXPECT_GE(result.interval.low, -1.0);
    EXPECT_LE(result.interval.high, 1.0);
    EXPECT_LE(result.interval.low, result.difference);
    EXPECT_GE(result.interval.high, result.difference);
  }
}

TEST(WilsonInterval, SaysNothingWithoutItems) {
  EXPECT_DOUBLE_EQ(wilson_interval(0, 0).low, 0.0);
  EXPECT_DOUBLE_EQ(wilson_interval(0, 0).high, 1.0);
}

// 100 items with 5 % flips cannot show less than 6.3 points.
TEST(MinimumDetectableEffect, IsLargeForFewItems) {
  EXPECT_NEAR(minimum_detectable_effect(0.05, 100), 0.0626, 5e-5);
}

TEST(IntervalArithmetic, HoldsAllDifferencesAndRatios) {
  const Interval apart = difference({4.0, 6.0}, {1.0, 2.0});
  EXPECT_DOUBLE_EQ(apart.low, 2.0);
  EXPECT_DOUBLE_EQ(apart.high, 5.0);
  const auto times = ratio({4.0, 6.0}, {1.0, 2.0});
  ASSERT_TRUE(times.has_value());
  EXPECT_DOUBLE_EQ(times->low, 2.0);
  EXPECT_DOUBLE_EQ(times->high, 6.0);
  EXPECT_FALSE(ratio({1.0, 2.0}, {0.0, 1.0}).has_value());
}

TEST(Moments, AreAbsentBelowTheirLeastCount) {
  const std::vector<double> one{3.0};
  EXPECT_FALSE(mean({}).has_value());
  EXPECT_DOUBLE_EQ(mean(one).value(), 3.0);
  EXPECT_FALSE(sample_sd(one).has_value());
  EXPECT_FALSE(standard_error(one).has_value());
}

TEST(Holm, OfNoTestsIsEmpty) {
  EXPECT_TRUE(holm_adjusted({}).empty());
}

}  // namespace
}  // namespace bantam::stats
