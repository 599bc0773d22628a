#include "stats/signed_rank.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace bantam::stats {
namespace {

// By the tables of the signed-rank statistic: P(W <= 0) = 1/64 for 6 samples, 1/128 for 7.
TEST(SignedRank, NeedsSevenSamplesAt97Percent) {
  EXPECT_FALSE(signed_rank_location({}, 0.97));
  EXPECT_FALSE(signed_rank_location(std::vector{1.0, 2.0, 3.0, 4.0, 5.0, 6.0}, 0.97));
  EXPECT_TRUE(signed_rank_location(std::vector{1.0, 2.0, 3.0, 4.0, 5.0, 6.0}, 0.95));
  const auto seven = signed_rank_location(std::vector{7.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0}, 0.97);
  ASSERT_TRUE(seven);
  EXPECT_DOUBLE_EQ(seven->interval.low, 1.0);  // the extremes
  EXPECT_DOUBLE_EQ(seven->interval.high, 7.0);
  EXPECT_DOUBLE_EQ(seven->coverage, 1.0 - 2.0 / 128.0);
  EXPECT_DOUBLE_EQ(seven->middle, 4.0);
}

// Ten samples: P(W <= 6) = 14/1024, P(W <= 7) = 19/1024 (tables), so that six means of two are left out on
// each side. The lowest means of 0, 1, 2, 4, 8, ...: 0, .5, 1, 1 (0 and 2), 1.5, 2, 2 (0 and 4), so 2 is the
// seventh.
TEST(SignedRank, LeavesOutWhatTheTablesSay) {
  const std::vector<double> samples{0, 1, 2, 4, 8, 16, 32, 64, 128, 256};
  const auto location = signed_rank_location(samples, 0.97);
  ASSERT_TRUE(location);
  EXPECT_DOUBLE_EQ(location->coverage, 1.0 - 28.0 / 1024.0);
  EXPECT_DOUBLE_EQ(location->interval.low, 2.0);
  EXPECT_DOUBLE_EQ(location->interval.high, 130.0);  // 256 with 256, 128, 64, 32, 16, 8; then 256 with 4
}

TEST(SignedRank, OneSampleFarAwayHardlyMovesIt) {
  std::vector<double> samples;
  for (int i = -10; i <= 10; ++i) samples.push_back(i);
  const auto plain = signed_rank_location(samples, 0.97);
  samples.back() = 1e6;
  const auto one_away = signed_rank_location(samples, 0.97);
  EXPECT_NEAR(one_away->middle, plain->middle, 0.5);
  EXPECT_NEAR(one_away->interval.high, plain->interval.high, 1.0);
}

// Beyond 60 samples the normal approximation takes over, by hand 645 means left out for 61 samples,
// where summing the exact distribution gives 644 (620 for 60).
TEST(SignedRank, GoesOnSmoothlyAtManySamples) {
  std::vector<double> samples;
  for (int i = 0; i < 60; ++i) samples.push_back(i);
  const auto exact = signed_rank_location(samples, 0.97);
  samples.push_back(60);
  const auto nearly = signed_rank_location(samples, 0.97);
  EXPECT_NEAR(nearly->interval.low, exact->interval.low, 0.5);
  EXPECT_NEAR(nearly->interval.high - exact->interval.high, 1.0, 0.5);
}

}  // namespace
}  // namespace bantam::stats
