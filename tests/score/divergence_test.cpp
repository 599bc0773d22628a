#include "score/divergence.hpp"

#include <gtest/gtest.h>
#include <array>
#include <cmath>
#include <limits>

namespace bantam::score {
namespace {

std::array<float, 3> logits_of(double a, double b, double c, float shift = 0.0F) {
  return {static_cast<float>(std::log(a)) + shift, static_cast<float>(std::log(b)) + shift,
          static_cast<float>(std::log(c)) + shift};
}

// p = (1/2, 1/4, 1/4), q = (1/4, 1/2, 1/4):
// KL(p || q) = 1/2 ln 2 - 1/4 ln 2 = ln 2 / 4, and KL(q || p) is the same; with r = (1/4, 1/4, 1/2) too.
TEST(Divergence, OfThreeTokensByHand) {
  const auto base = logits_of(0.5, 0.25, 0.25, 3.0F);
  const auto candidate = logits_of(0.25, 0.5, 0.25, -7.0F);
  const Divergence result = divergence(base, candidate, 1);
  EXPECT_NEAR(result.kld, std::log(2.0) / 4.0, 1e-6);
  EXPECT_NEAR(result.nll_base, std::log(4.0), 1e-6);
  EXPECT_NEAR(result.nll_candidate, std::log(2.0), 1e-6);
  EXPECT_NEAR(result.p_change, 0.25, 1e-6);
  EXPECT_FALSE(result.same_top);
}

// KL((0.9, 0.05, 0.05) || (1/3, 1/3, 1/3)) = 0.9 ln 2.7 + 0.1 ln 0.15; the other way round it is
// 1/3 (ln(1/2.7) + 2 ln(1/0.15)): the order of the arguments matters.
TEST(Divergence, IsFromTheBaseToTheCandidate) {
  const auto sharp = logits_of(0.9, 0.05, 0.05);
  const std::array<float, 3> flat{0.0F, 0.0F, 0.0F};
  EXPECT_NEAR(divergence(sharp, flat, 0).kld, 0.9 * std::log(2.7) + 0.1 * std::log(0.15), 1e-6);
  EXPECT_NEAR(divergence(flat, sharp, 0).kld, (-std::log(2.7) - 2.0 * std::log(0.15)) / 3.0, 1e-6);
}

TEST(Divergence, OfARowFromItselfIsNothing) {
  const auto row = logits_of(0.7, 0.2, 0.1);
  const Divergence result = divergence(row, row, 2);
  EXPECT_EQ(result.kld, 0.0);
  EXPECT_EQ(result.p_change, 0.0);
  EXPECT_TRUE(result.same_top);
}

TEST(Divergence, TellsOfValuesThatAreNotFinite) {
  const auto row = logits_of(0.7, 0.2, 0.1);
  auto broken = row;
  broken[1] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(divergence(row, broken, 0).finite);
  EXPECT_FALSE(divergence(broken, row, 0).finite);
  EXPECT_TRUE(std::isnan(negative_log_likelihood(broken, 0)));
  EXPECT_NEAR(negative_log_likelihood(row, 0), -std::log(0.7), 1e-6);
}

// Far from the top, e^(logit - largest) is 0 in float; the sum must not turn into NaN.
TEST(Divergence, StaysFiniteFarFromTheTop) {
  const std::array<float, 2> base{0.0F, -400.0F};
  const std::array<float, 2> candidate{-400.0F, 0.0F};
  EXPECT_NEAR(divergence(base, candidate, 0).kld, 400.0, 1e-9);
}

}  // namespace
}  // namespace bantam::score
