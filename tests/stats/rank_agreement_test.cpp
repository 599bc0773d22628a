#include "stats/rank_agreement.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bantam::stats {
namespace {

using testing::ElementsAre;

TEST(RanksOf, EqualValuesShareTheMeanOfTheirRanks) {
  EXPECT_THAT(ranks_of(std::vector<double>{0.5, 0.9, 0.5, 0.1}, true), ElementsAre(2.5, 1.0, 2.5, 4.0));
  EXPECT_THAT(ranks_of(std::vector<double>{0.5, 0.9, 0.5, 0.1}, false), ElementsAre(2.5, 4.0, 2.5, 1.0));
}

TEST(Concordance, IsOneForOneOrderAndZeroForOppositeOnes) {
  const std::vector<double> up{1.0, 2.0, 3.0, 4.0};
  const std::vector<double> down{4.0, 3.0, 2.0, 1.0};
  EXPECT_DOUBLE_EQ(*concordance(std::vector{up, up, up}), 1.0);
  EXPECT_DOUBLE_EQ(*concordance(std::vector{up, down}), 0.0);
}

TEST(Concordance, TiesAreCorrectedFor) {
  // By hand: sums of ranks 2, 5, 5, 8 around 5 give S = 18; each order has ties of 2^3 - 2 = 6;
  // W = 12 * 18 / (2^2 * (4^3 - 4) - 2 * 12) = 1.
  EXPECT_DOUBLE_EQ(*concordance(std::vector<std::vector<double>>{{1.0, 2.5, 2.5, 4.0}, {1.0, 2.5, 2.5, 4.0}}),
                   1.0);
  // Three orders of four things: sums 4, 6, 8, 12 around 7.5: S = 12.25 + 2.25 + 0.25 + 20.25 = 35;
  // W = 12 * 35 / (9 * 60) = 7 / 9.
  EXPECT_DOUBLE_EQ(*concordance(std::vector<std::vector<double>>{
                       {1.0, 2.0, 3.0, 4.0}, {2.0, 1.0, 3.0, 4.0}, {1.0, 3.0, 2.0, 4.0}}),
                   7.0 / 9.0);
}

TEST(Concordance, IsAbsentWhereNothingIsOrdered) {
  EXPECT_FALSE(concordance(std::vector<std::vector<double>>{{1.0, 2.0}}));
  EXPECT_FALSE(concordance(std::vector<std::vector<double>>{{1.0}, {1.0}}));
  EXPECT_FALSE(concordance(std::vector<std::vector<double>>{{1.5, 1.5}, {1.5, 1.5}}));
}

TEST(OrderAgreement, CountsPairs) {
  // (0,1) and (0,2) and (0,3) and (1,3) and (2,3) agree, (1,2) is opposite: tau = (5 - 1) / 6.
  const OrderAgreement agreement =
      order_agreement(std::vector<double>{1.0, 2.0, 3.0, 4.0}, std::vector<double>{1.0, 3.0, 2.0, 4.0});
  EXPECT_EQ(agreement.same, 5);
  EXPECT_EQ(agreement.opposite, 1);
  EXPECT_EQ(agreement.tied, 0);
  EXPECT_DOUBLE_EQ(*agreement.tau_b, 4.0 / 6.0);
}

TEST(OrderAgreement, TiesTakePartInNoOrder) {
  // One pair is tied in a: 2 of 3 pairs agree, tau-b = 2 / sqrt(2 * 3).
  const OrderAgreement agreement =
      order_agreement(std::vector<double>{1.0, 1.0, 2.0}, std::vector<double>{1.0, 2.0, 3.0});
  EXPECT_EQ(agreement.same, 2);
  EXPECT_EQ(agreement.tied, 1);
  EXPECT_NEAR(*agreement.tau_b, 0.8164965809277260, 1e-15);
  EXPECT_FALSE(order_agreement(std::vector<double>{1.0, 1.0}, std::vector<double>{1.0, 2.0}).tau_b);
}

}  // namespace
}  // namespace bantam::stats
