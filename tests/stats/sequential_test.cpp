#include "stats/sequential.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>

namespace bantam::stats {
namespace {

struct Ending {
  Standing standing = Standing::open;
  int items = 0;
};

// Two variants on the same `items` items. The first is right on 60 %; the second turns a share `lost` of all
// items to wrong and `gained` to right.
Ending play(std::mt19937_64& random, int items, double lost, double gained, double width) {
  std::uniform_real_distribution<double> uniform;
  std::array<std::int64_t, 4> counts{};  // n11, n10, n01, n00
  int done = 0;
  Look look;
  for (const double share : kLooks) {
    for (; done < static_cast<int>(share * items); ++done) {
      const double draw = uniform(random);
      ++counts[draw < 0.6 - lost ? 0 : draw < 0.6 ? 1 : draw < 0.6 + gained ? 2 : 3];
    }
    // The second variant stands for "this", the first for the base.
    look = look_at(counts[0], counts[2], counts[1], counts[3], width);
    if (look.standing != Standing::open) break;
  }
  return {look.standing, done};
}

double share_of(Standing standing, int items, double lost, double gained, double width) {
  constexpr int kRuns = 2000;
  std::mt19937_64 random(20240131);
  int hits = 0;
  for (int run = 0; run < kRuns; ++run) hits += play(random, items, lost, gained, width).standing == standing;
  return hits / static_cast<double>(kRuns);
}

TEST(Sequential, NoDifferenceIsCalledOneAtMostFivePercentOfTheTime) {
  EXPECT_LE(share_of(Standing::different, 400, 0.04, 0.04, 0.02), 0.05);
  EXPECT_LE(share_of(Standing::different, 2000, 0.10, 0.10, 0.02), 0.05);
}

TEST(Sequential, ADifferenceOfTheWidthIsCalledNoneAtMostFivePercentOfTheTime) {
  EXPECT_LE(share_of(Standing::alike, 4000, 0.04, 0.02, 0.02), 0.05);
}

TEST(Sequential, LargeDifferencesAreFoundEarly) {
  std::mt19937_64 random(1);
  int items = 0;
  for (int run = 0; run < 100; ++run) {
    const Ending ending = play(random, 2000, 0.20, 0.02, 0.02);
    EXPECT_EQ(ending.standing, Standing::different);
    items += ending.items;
  }
  EXPECT_LE(items / 100, 500);  // of 2,000
}

TEST(Sequential, EqualAnswersAreAlikeOnceTheIntervalIsNarrow) {
  EXPECT_EQ(look_at(30, 0, 0, 20, 0.02).standing, Standing::open);
  EXPECT_EQ(look_at(6000, 0, 0, 4000, 0.02).standing, Standing::alike);
}

}  // namespace
}  // namespace bantam::stats
