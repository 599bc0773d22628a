#include "stats/spread.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace bantam::stats {
namespace {

// NumPy: percentile([1, ..., 11], 10) is 2, 90 is 10; the median is 6.
TEST(Spread, IsFromTheTenthToTheNinetiethPercentileOverTheMedian) {
  const std::vector<double> seconds{11, 3, 5, 1, 9, 7, 2, 4, 8, 6, 10};
  const Spread spread = spread_of(seconds);
  EXPECT_DOUBLE_EQ(spread.least, 2.0 / 6.0);
  EXPECT_DOUBLE_EQ(spread.most, 10.0 / 6.0);
  EXPECT_DOUBLE_EQ(spread.error(), 4.0 / 6.0);
}

TEST(Spread, OfEqualOrNoRepetitionsIsNone) {
  for (const std::vector<double>& seconds : {std::vector<double>{}, {0.0}, {2.0}, {2.0, 2.0, 2.0}}) {
    EXPECT_DOUBLE_EQ(spread_of(seconds).error(), 0.0);
  }
}

TEST(Spread, AShareThatWasNotGivenShortensTheLeast) {
  EXPECT_DOUBLE_EQ(with_share({0.9, 1.2}, 0.6).least, 0.6);
  EXPECT_DOUBLE_EQ(with_share({0.9, 1.2}, 0.6).most, 1.2);
  EXPECT_DOUBLE_EQ(with_share({0.9, 1.2}, 0.95).least, 0.9);  // what the repetitions show counts
  EXPECT_DOUBLE_EQ(with_share({1.0, 1.0}, 1.3).least, 1.0);
  EXPECT_DOUBLE_EQ(with_share({1.0, 1.0}, -0.1).least, 0.0);
}

}  // namespace
}  // namespace bantam::stats
