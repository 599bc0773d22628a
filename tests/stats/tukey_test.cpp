#include "stats/tukey.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace bantam::stats {
namespace {

// Quartiles of 1..9 are 3 and 7 (numpy.percentile), their distance 4.
TEST(Tukey, FencesAreAsComputedByHand) {
  const std::vector<double> samples{9, 1, 8, 2, 7, 3, 6, 4, 5};
  const auto fences = tukey_fences(samples);
  ASSERT_TRUE(fences);
  EXPECT_DOUBLE_EQ(fences->low_severe, -9.0);
  EXPECT_DOUBLE_EQ(fences->low_mild, -3.0);
  EXPECT_DOUBLE_EQ(fences->high_mild, 13.0);
  EXPECT_DOUBLE_EQ(fences->high_severe, 19.0);
  EXPECT_EQ(classify(-10, *fences), OutlierClass::low_severe);
  EXPECT_EQ(classify(-5, *fences), OutlierClass::low_mild);
  EXPECT_EQ(classify(-3, *fences), OutlierClass::none);
  EXPECT_EQ(classify(13, *fences), OutlierClass::none);
  EXPECT_EQ(classify(14, *fences), OutlierClass::high_mild);
  EXPECT_EQ(classify(20, *fences), OutlierClass::high_severe);
}

TEST(Tukey, EqualSamplesAreNone) {
  const std::vector<double> samples(6, 1.5);
  EXPECT_EQ(classify(1.5, tukey_fences(samples).value()), OutlierClass::none);
}

TEST(Tukey, FewSamplesHaveNoFences) {
  EXPECT_FALSE(tukey_fences(std::vector<double>(5, 1.0)));
  EXPECT_FALSE(tukey_fences({}));
}

}  // namespace
}  // namespace bantam::stats
