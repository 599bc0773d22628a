#include "stats/means.hpp"

#include <gtest/gtest.h>
#include <array>

namespace bantam::stats {
namespace {

// 1..5: mean 3, sd sqrt(2.5), standard error 0.70711, t(4, 0.975) = 2.77645 from printed tables.
TEST(MeanInterval, OfFiveSamplesByHand) {
  const std::array<double, 5> samples{1, 2, 3, 4, 5};
  const auto interval = mean_interval(samples);
  ASSERT_TRUE(interval);
  EXPECT_NEAR(interval->low, 3.0 - 2.77645 * 0.707107, 1e-4);
  EXPECT_NEAR(interval->high, 3.0 + 2.77645 * 0.707107, 1e-4);
}

TEST(MeanInterval, IsAbsentForOneSampleAndAPointForEqualOnes) {
  const std::array<double, 3> equal{2, 2, 2};
  EXPECT_FALSE(mean_interval(std::span(equal).first(1)));
  EXPECT_EQ(mean_interval(equal)->low, 2.0);
  EXPECT_EQ(mean_interval(equal)->high, 2.0);
}

}  // namespace
}  // namespace bantam::stats
