#include "stats/weighted_sum.hpp"

#include <gtest/gtest.h>

#include <array>

namespace bantam::stats {
namespace {

// By hand: 0.5 · 4 + 0.5 · 2 = 3; below √((0.5 · 3)² + (0.5 · 4)²) = 2.5, above √(1² + 0²) = 1.
TEST(weighted_sum, adds_the_squared_distances_of_each_side) {
  const Sum sum = weighted_sum(std::array{Term{0.5, 4.0, {1.0, 6.0}}, Term{0.5, 2.0, {-2.0, 2.0}}});
  EXPECT_NEAR(sum.value, 3.0, 1e-12);
  EXPECT_NEAR(sum.interval.low, 0.5, 1e-12);
  EXPECT_NEAR(sum.interval.high, 4.0, 1e-12);
}

TEST(weighted_sum, a_negative_weight_changes_the_sides) {
  const Sum sum = weighted_sum(std::array{Term{-2.0, 1.0, {0.5, 3.0}}});
  EXPECT_NEAR(sum.value, -2.0, 1e-12);
  EXPECT_NEAR(sum.interval.low, -6.0, 1e-12);
  EXPECT_NEAR(sum.interval.high, -1.0, 1e-12);
}

// Normal quantiles from tables: 1.959964 at 0.975, 2.807034 at 0.9975 (ten comparisons).
TEST(simultaneous, intervals_are_wider_the_more_there_are) {
  const Interval one = simultaneous({1.0, 5.0}, 2.0, 1);
  EXPECT_NEAR(one.low, 1.0, 1e-12);
  EXPECT_NEAR(one.high, 5.0, 1e-12);
  const Interval ten = simultaneous({1.0, 5.0}, 2.0, 10);
  EXPECT_NEAR(ten.low, 2.0 - 2.807034 / 1.959964, 1e-6);
  EXPECT_NEAR(ten.high, 2.0 + 3.0 * 2.807034 / 1.959964, 1e-6);
}

}  // namespace
}  // namespace bantam::stats
