#include "task/subset.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>

namespace bantam::task {
namespace {

// 300 rows of class 0, 90 of class 1, 10 without one right answer, mixed.
std::vector<Stratum> mixed_classes() {
  std::vector<Stratum> strata(400, 0);
  for (std::size_t i = 0; i < strata.size(); ++i) {
    if (i % 4 == 1 && i % 40 != 1) strata[i] = 1;
    if (i % 40 == 7) strata[i] = std::nullopt;
  }
  return strata;
}

Settings limited(double limit, std::uint64_t seed = 1234) {
  Settings settings;
  settings.limit = limit;
  settings.seed = seed;
  return settings;
}

TEST(Subset, EveryClassHasItsShareUpToOneRow) {
  const auto strata = mixed_classes();
  std::map<Stratum, double> members;
  for (const Stratum& stratum : strata) members[stratum] += 1.0;
  for (const int size : {10, 40, 100, 250, 399}) {
    std::map<Stratum, double> chosen;
    for (const std::int64_t row : selected_rows(strata, limited(size)))
      chosen[strata[static_cast<std::size_t>(row)]] += 1.0;
    for (const auto& [stratum, count] : members) {
      EXPECT_NEAR(chosen[stratum], count * size / 400.0, 1.5)
          << "class " << stratum.value_or(-1) << " of " << size;
    }
  }
}

TEST(Subset, ALargerLimitContainsTheSmallerOne) {
  const auto strata = mixed_classes();
  std::vector<std::int64_t> smaller;
  for (const int size : {5, 17, 60, 61, 300, 400}) {
    const auto larger = selected_rows(strata, limited(size));
    ASSERT_EQ(larger.size(), static_cast<std::size_t>(size));
    EXPECT_TRUE(std::is_sorted(larger.begin(), larger.end()));
    EXPECT_TRUE(std::includes(larger.begin(), larger.end(), smaller.begin(), smaller.end())) << size;
    smaller = larger;
  }
}

TEST(Subset, TheSeedDecidesAndItIsNotTheFirstRows) {
  const std::vector<Stratum> strata(100);
  EXPECT_EQ(selected_rows(strata, limited(10)), selected_rows(strata, limited(10)));
  EXPECT_NE(selected_rows(strata, limited(10)), selected_rows(strata, limited(10, 7)));
  EXPECT_GT(selected_rows(strata, limited(10)).back(), 20);
}

TEST(Subset, EveryRowIsAsLikelyAsAnyOther) {
  const auto strata = mixed_classes();
  std::map<Stratum, int> by_class;
  constexpr int kSeeds = 500;
  for (int seed = 0; seed < kSeeds; ++seed) {
    for (const std::int64_t row : selected_rows(strata, limited(40, static_cast<std::uint64_t>(seed))))
      ++by_class[strata[static_cast<std::size_t>(row)]];
  }
  // One row in ten, in each class: also in the one of ten rows.
  EXPECT_NEAR(by_class[std::nullopt] / (10.0 * kSeeds), 0.1, 0.01);
  EXPECT_NEAR(by_class[1] / (90.0 * kSeeds), 0.1, 0.01);
}

TEST(Subset, StagesPartTheSubset) {
  const auto strata = mixed_classes();
  Settings settings = limited(100);
  const auto whole = selected_rows(strata, settings);
  std::set<std::int64_t> seen;
  double begin = 0.0;
  for (const double end : {0.125, 0.25, 0.5, 1.0}) {
    settings.stage = {begin, end};
    const auto part = selected_rows(strata, settings);
    EXPECT_EQ(part.size(), rows_until(end, 100) - rows_until(begin, 100));
    seen.insert(part.begin(), part.end());
    begin = end;
  }
  EXPECT_THAT(seen, testing::ElementsAreArray(whole));
}

TEST(Subset, ShareIsRoundedUp) {
  EXPECT_EQ(subset_size(100, limited(0.255)), 26u);
  EXPECT_EQ(subset_size(100, limited(1000)), 100u);
  EXPECT_EQ(subset_size(100, Settings()), 100u);
}

}  // namespace
}  // namespace bantam::task
