#include "recommend/fronts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bantam::recommend {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Speed (more is better) and memory (less is better).
const std::vector<bool> kSpeedAndMemory{true, false};

TEST(FindFront, KeepsWhatNoOtherDominates) {
  // 0: fast and large; 1: slow and small; 2: slower and larger than 1; 3: as fast as 0, larger.
  const Front front = find_front({{9.0, 8.0}, {3.0, 2.0}, {2.0, 3.0}, {9.0, 9.0}}, kSpeedAndMemory);
  EXPECT_THAT(front.members, ElementsAre(0U, 1U));
  ASSERT_EQ(front.dominated.size(), 2U);
  EXPECT_EQ(front.dominated[0].configuration, 2U);
  EXPECT_EQ(front.dominated[0].by, 1U);
  EXPECT_EQ(front.dominated[1].configuration, 3U);
  EXPECT_EQ(front.dominated[1].by, 0U);
}

TEST(FindFront, EqualOnesAreAllMembers) {
  const Front front = find_front({{1.0, 1.0}, {1.0, 1.0}}, kSpeedAndMemory);
  EXPECT_THAT(front.members, ElementsAre(0U, 1U));
  EXPECT_THAT(front.dominated, IsEmpty());
}

TEST(FindFront, WhatLacksAValueIsNeverOnIt) {
  const Front front = find_front({{std::nullopt, 1.0}, {5.0, 4.0}}, kSpeedAndMemory);
  EXPECT_THAT(front.members, ElementsAre(1U));
  EXPECT_THAT(front.without, ElementsAre(0U));
}

TEST(FindFront, ThreeObjectivesKeepMore) {
  // The third is best in the last objective alone.
  const Front front =
      find_front({{9.0, 1.0, 0.1}, {5.0, 2.0, 0.05}, {1.0, 9.0, 0.9}}, std::vector<bool>{true, false, true});
  EXPECT_THAT(front.members, ElementsAre(0U, 2U));
}

TEST(FindFront, OfNothingIsEmpty) {
  EXPECT_THAT(find_front({}, kSpeedAndMemory).members, IsEmpty());
}

}  // namespace
}  // namespace bantam::recommend
