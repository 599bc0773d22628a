#include "stats/sequential.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

namespace bantam::stats {
namespace {

struct Ending {
  Standing standing = Standing::open;
  int items = 0;
};

// Two variants on the same `items` items. The first is right on the share `acc`; the second turns a share
// `lost` of all items to wrong and `gained` to right.
Ending play(std::mt19937_64& random, int items, double lost, double gained, double width, double acc = 0.6) {
  std::uniform_real_distribution<double> uniform;
  std::array<std::int64_t, 4> counts{};  // n11, n10, n01, n00
  int done = 0;
  Look look;
  for (const double share : kLooks) {
    for (; done < static_cast<int>(share * items); ++done) {
      const double draw = uniform(random);
      ++counts[draw < acc - lost ? 0 : draw < acc ? 1 : draw < acc + gained ? 2 : 3];
    }
    // The second variant stands for "this", the first for the base.
    look = look_at(counts[0], counts[2], counts[1], counts[3], width);
    if (look.standing != Standing::open) break;
  }
  return {look.standing, done};
}

double share_of(Standing standing, int items, double lost, double gained, double width, double acc = 0.6) {
  constexpr int kRuns = 2000;
  std::mt19937_64 random(20240131);
  int hits = 0;
  for (int run = 0; run < kRuns; ++run)
    hits += play(random, items, lost, gained, width, acc).standing == standing;
  return hits / static_cast<double>(kRuns);
}

TEST(Sequential, NoDifferenceIsCalledOneAtMostFivePercentOfTheTime) {
  EXPECT_LE(share_of(Standing::different, 400, 0.04, 0.04, 0.02), 0.05);
  EXPECT_LE(share_of(Standing::different, 2000, 0.10, 0.10, 0.02), 0.05);
}

TEST(Sequential, ADifferenceOfTheWidthIsCalledNoneAtMostFivePercentOfTheTime) {
  EXPECT_LE(share_of(Standing::alike, 4000, 0.04, 0.02, 0.02), 0.05);
}

// As quantization does it: nearly all items that differ are lost.
TEST(Sequential, ALossWithoutGainsIsNotOverlooked) {
  EXPECT_LE(share_of(Standing::alike, 400, 0.05, 0.0, 0.05), 0.05);
  EXPECT_LE(share_of(Standing::alike, 100, 0.10, 0.0, 0.10), 0.05);
  EXPECT_LE(share_of(Standing::alike, 2000, 0.02, 0.0, 0.02), 0.05);
  EXPECT_LE(share_of(Standing::alike, 400, 0.055, 0.005, 0.05), 0.05);
}

// The figures of docs/uncertainty.md come from the whole grid, which takes about a minute
// (scripts/stopping_rule.sh --long); its corners are always tried.
TEST(Sequential, ErrorsStayBelowFivePercentOverManySettings) {
  const bool whole = std::getenv("BANTAM_LONG") != nullptr;
  using Values = std::vector<double>;
  const std::vector<int> sizes = whole ? std::vector{40, 100, 400, 800, 2000} : std::vector{40, 800};
  double worst_alike = 0.0;
  double worst_different = 0.0;
  for (const int items : sizes) {
    for (const double acc : whole ? Values{0.3, 0.5, 0.6, 0.8, 0.95} : Values{0.3, 0.95}) {
      for (const double width : whole ? Values{0.01, 0.02, 0.05, 0.10, 0.20} : Values{0.02, 0.20}) {
        for (const double gained_for_lost :
             whole ? Values{0.0, 0.1, 0.25, 0.5, 1.0, 2.0} : Values{0.0, 1.0}) {
          const double gained = width * gained_for_lost;
          if (width + gained > acc || gained > 1.0 - acc) continue;
          worst_alike =
              std::max(worst_alike, share_of(Standing::alike, items, width + gained, gained, width, acc));
        }
      }
      for (const double moved : whole ? Values{0.005, 0.02, 0.08, 0.2} : Values{0.005, 0.2}) {
        if (moved > 1.0 - acc) continue;
        worst_different =
            std::max(worst_different, share_of(Standing::different, items, moved, moved, 0.05, acc));
      }
    }
  }
  std::printf("called alike: at most %.4f, called different: at most %.4f\n", worst_alike, worst_different);
  EXPECT_LE(worst_alike, 0.05);
  EXPECT_LE(worst_different, 0.05);
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
