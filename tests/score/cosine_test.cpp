#include "score/bert_score.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace bantam::score {
namespace {

using Vector = std::vector<float>;

TEST(Cosine, OfVectorsByHand) {
  EXPECT_DOUBLE_EQ(*cosine(Vector{3.0F, 4.0F}, Vector{4.0F, 3.0F}), 24.0 / 25.0);
  EXPECT_DOUBLE_EQ(*cosine(Vector{1.0F, 0.0F}, Vector{0.0F, 5.0F}), 0.0);
  EXPECT_DOUBLE_EQ(*cosine(Vector{1.0F, 2.0F}, Vector{-2.0F, -4.0F}), -1.0);
}

TEST(Cosine, DoesNotDependOnLengths) {
  const Vector a{0.1F, -0.7F, 0.3F};
  const Vector b{1e6F * 0.1F, 1e6F * -0.7F, 1e6F * 0.3F};
  EXPECT_NEAR(*cosine(a, b), 1.0, 1e-7);
}

TEST(Cosine, NeverLeavesItsRange) {
  const Vector a(384, 0.1F);
  EXPECT_LE(*cosine(a, a), 1.0);
}

TEST(Cosine, IsAbsentForNothingAndForWhatIsNotFinite) {
  EXPECT_FALSE(cosine(Vector{0.0F, 0.0F}, Vector{1.0F, 0.0F}));
  EXPECT_FALSE(cosine(Vector{std::numeric_limits<float>::infinity(), 0.0F}, Vector{1.0F, 0.0F}));
  EXPECT_FALSE(cosine(Vector{std::nanf(""), 0.0F}, Vector{1.0F, 0.0F}));
}

}  // namespace
}  // namespace bantam::score
