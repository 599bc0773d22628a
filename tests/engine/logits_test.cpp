#include "engine/logits.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace bantam::engine {
namespace {

TEST(TopTwo, FindsTheBestAndItsLeadWhereverTheyStand) {
  for (const std::size_t size : {1U, 2U, 31U, 32U, 33U, 97U}) {
    for (std::size_t best = 0; best < size; ++best) {
      for (std::size_t second = 0; second < size; ++second) {
        std::vector<float> logits(size, -5.0F);
        logits[second] = 1.5F;
        logits[best] = 4.0F;
        const TopTwo top = top_two(logits);
        EXPECT_EQ(top.index, best);
        EXPECT_EQ(top.best, 4.0F);
        EXPECT_TRUE(top.finite);
        if (size > 1) {
          EXPECT_EQ(top.gap, best == second ? 9.0F : 2.5F) << size << " " << best << " " << second;
        }
      }
    }
  }
}

TEST(TopTwo, TheFirstWinsATie) {
  std::vector<float> logits(80, 0.0F);
  logits[70] = logits[40] = logits[8] = 3.0F;
  EXPECT_EQ(top_two(logits).index, 8U);
  EXPECT_EQ(top_two(logits).gap, 0.0F);
}

TEST(TopTwo, SeesWhatIsNotFinite) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()}) {
    for (const std::size_t at : {0U, 31U, 32U, 66U}) {
      std::vector<float> logits(67, 1.0F);
      logits[at] = bad;
      EXPECT_FALSE(top_two(logits).finite) << bad << " at " << at;
    }
  }
}

TEST(LogSumExp, TurnsLogitsIntoLogProbabilities) {
  // Odds 1 : 2 : 5.
  const std::vector<float> logits = {0.0F, std::log(2.0F), std::log(5.0F)};
  const double normalizer = log_sum_exp(logits, logits[2]);
  EXPECT_NEAR(static_cast<double>(logits[2]) - normalizer, std::log(5.0 / 8.0), 1e-7);
  EXPECT_NEAR(static_cast<double>(logits[0]) - normalizer, std::log(1.0 / 8.0), 1e-7);
}

TEST(LogSumExp, DoesNotOverflow) {
  const std::vector<float> logits = {1000.0F, 1000.0F};
  EXPECT_NEAR(log_sum_exp(logits, 1000.0F), 1000.0 + std::log(2.0), 1e-9);
}

}  // namespace
}  // namespace bantam::engine
