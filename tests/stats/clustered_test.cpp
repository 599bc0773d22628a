#include "stats/means.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace bantam::stats {
namespace {

// By hand: mean 4/8, residuals 3 - 2 and 1 - 2, sqrt(2/1 × 2) / 8; the 0.975 quantile of t(1) is 12.7062.
TEST(ClusteredMean, OfTwoClusters) {
  const auto found = clustered_mean(std::array<Cluster, 2>{{{3.0, 4}, {1.0, 4}}});
  ASSERT_TRUE(found);
  EXPECT_DOUBLE_EQ(found->mean, 0.5);
  EXPECT_DOUBLE_EQ(found->std_error, 0.25);
  EXPECT_NEAR(found->interval.high, 0.5 + 12.7062 * 0.25, 1e-4);
  // t = 2 with one degree of freedom, Cauchy's distribution: 1 - 2 / pi * atan(2).
  EXPECT_NEAR(found->p.value(), 0.2951672353, 1e-9);
}

// One value a cluster: the ordinary standard error, here of 0, 1, 1, 0, 1.
TEST(ClusteredMean, OfSingleValuesIsTheOrdinaryOne) {
  const auto found = clustered_mean(std::array<Cluster, 5>{{{0, 1}, {1, 1}, {1, 1}, {0, 1}, {1, 1}}});
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->std_error, std::sqrt(0.3 / 5.0), 1e-12);
}

TEST(ClusteredMean, WithoutSpreadThereIsNoTest) {
  EXPECT_FALSE(clustered_mean(std::array<Cluster, 2>{{{1.0, 4}, {1.0, 4}}})->p);
}

TEST(ClusteredMean, NeedsTwoClusters) {
  EXPECT_FALSE(clustered_mean(std::array<Cluster, 1>{{{3.0, 4}}}));
}

}  // namespace
}  // namespace bantam::stats
