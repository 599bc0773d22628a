// The search for the smallest limit, against made-up programs whose need is known.
#include "measure/least_limit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <utility>

namespace bantam::measure {
namespace {

using enum UnderLimit;

LimitFound found(const LimitSearch& search, const TryLimit& attempt) {
  auto result = find_least_limit(search, attempt);
  EXPECT_TRUE(result);
  return result.value_or(LimitFound{});
}

LimitSearch from(std::int64_t first) {
  return {.first_bytes = first, .least_bytes = 100'000, .most_bytes = 8'000'000, .resolution = 0.01};
}

TryLimit needs(std::int64_t bytes) {
  return [bytes](std::int64_t limit) { return limit >= bytes ? runs : no_memory; };
}

TEST(LeastLimit, LiesBetweenTheTwoLimitsWhereverTheSearchBegins) {
  for (const std::int64_t need : {150'000, 999'999, 1'000'000, 1'234'567, 7'900'000}) {
    for (const std::int64_t first : {100'000, 900'000, 1'000'000, 1'100'000, 8'000'000}) {
      const LimitFound limits = found(from(first), needs(need));
      ASSERT_TRUE(limits.works_bytes && limits.failed_bytes) << need << " from " << first;
      EXPECT_GE(*limits.works_bytes, need);
      EXPECT_LT(*limits.failed_bytes, need);
      EXPECT_LE(*limits.works_bytes - *limits.failed_bytes, *limits.works_bytes / 100);
      EXPECT_LE(limits.tries.size(), 22U);
    }
  }
}

TEST(LeastLimit, AGoodGuessTakesFewTries) {
  EXPECT_LE(found(from(1'010'000), needs(1'000'000)).tries.size(), 4U);
}

TEST(LeastLimit, WhatAlwaysWorksHasNoFailedLimit) {
  const LimitFound limits = found(from(1'000'000), [](std::int64_t) { return runs; });
  EXPECT_EQ(limits.works_bytes, 100'000);
  EXPECT_FALSE(limits.failed_bytes);
}

TEST(LeastLimit, WhatNeverWorksHasNoLimitThatDoes) {
  const LimitFound limits = found(from(1'000'000), [](std::int64_t) { return pages; });
  EXPECT_FALSE(limits.works_bytes);
  EXPECT_EQ(limits.failed_bytes, 8'000'000);
}

TEST(LeastLimit, ATryThatWasSlowIsMadeOnceMore) {
  std::map<std::int64_t, int> asked;
  const auto slow_at_first = [&](std::int64_t limit) {
    return limit < 1'000'000 ? no_memory : ++asked[limit] == 1 ? slow : runs;
  };
  const LimitFound limits = found(from(1'000'000), slow_at_first);
  ASSERT_TRUE(limits.works_bytes);
  EXPECT_EQ(*limits.works_bytes, 1'000'000);
  for (const auto& [limit, times] : asked) EXPECT_EQ(times, 2) << limit;
}

TEST(LeastLimit, SlowTwiceIsAFailure) {
  const LimitFound limits =
      found(from(1'000'000), [](std::int64_t limit) { return limit < 2'000'000 ? slow : runs; });
  ASSERT_TRUE(limits.works_bytes && limits.failed_bytes);
  EXPECT_GE(*limits.works_bytes, 2'000'000);
  EXPECT_LT(*limits.failed_bytes, 2'000'000);
}

// Whatever is told, the two limits were tried, and told what they stand for.
TEST(LeastLimit, ContradictionsLeaveLimitsThatWereSeen) {
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    std::uint32_t state = seed;
    const auto noisy = [&state](std::int64_t limit) {
      state = state * 1664525U + 1013904223U;
      const bool is_odd = (state >> 24U) % 5 == 0;
      return (limit >= 1'500'000) != is_odd ? runs : pages;
    };
    const LimitFound limits = found(from(1'400'000), noisy);
    const auto was = [&](std::int64_t limit, UnderLimit outcome) {
      return std::ranges::any_of(limits.tries, [&](const LimitTry& one) {
        return one.limit_bytes == limit && one.outcome == outcome;
      });
    };
    EXPECT_TRUE(!limits.works_bytes || was(*limits.works_bytes, runs));
    EXPECT_TRUE(!limits.failed_bytes || was(*limits.failed_bytes, pages));
    EXPECT_LT(limits.failed_bytes.value_or(0), limits.works_bytes.value_or(INT64_MAX));
    EXPECT_LE(limits.tries.size(), 20U);
  }
}

TEST(LeastLimit, AnErrorEndsTheSearch) {
  int tries = 0;
  const auto broken = [&tries](std::int64_t) -> base::Result<UnderLimit> {
    if (++tries < 3) return no_memory;
    return base::fail(base::ErrorKind::interrupted, "stopped");
  };
  const auto result = find_least_limit(from(1'000'000), broken);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, base::ErrorKind::interrupted);
  EXPECT_EQ(tries, 3);
}

}  // namespace
}  // namespace bantam::measure
