#include "reask/draw.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "support/sample_records.hpp"

namespace bantam::reask {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST(Drawn, the_same_seed_draws_the_same_items_of_a_cell) {
  const auto items = support::items("qa", 100, 50);
  const auto drawn = drawn_of(items, "a", {5, 7, {}});
  EXPECT_THAT(drawn, SizeIs(5));
  EXPECT_TRUE(std::is_sorted(drawn.begin(), drawn.end()));
  EXPECT_EQ(drawn_of(items, "a", {5, 7, {}}), drawn);
  EXPECT_NE(drawn_of(items, "a", {5, 8, {}}), drawn);
  EXPECT_NE(drawn_of(items, "b", {5, 7, {}}), drawn);
}

TEST(Drawn, all_where_there_are_no_more) {
  EXPECT_THAT(drawn_of(support::items("qa", 3, 0), "a", {5, 7, {}}), SizeIs(3));
  EXPECT_THAT(drawn_of({}, "a", {5, 7, {}}), IsEmpty());
}

TEST(Drawn, items_that_are_named_are_taken_of_every_task) {
  auto items = support::items("qa", 10, 0);
  for (const record::Item& item : support::items("math", 5, 0)) items.push_back(item);
  EXPECT_THAT(drawn_of(items, "a", {1, 7, {8, 2}}),
              ElementsAre(record::ItemName{"math", 2}, record::ItemName{"qa", 2}, record::ItemName{"qa", 8}));
  EXPECT_THAT(drawn_of(items, "a", {1, 7, {99}}), IsEmpty());
}

// Each as likely as any other: 2,000 draws of 5 of 20 take each 500 times on average, with a standard
// deviation of sqrt(2000 * 0.25 * 0.75) = 19.4.
TEST(Drawn, each_item_is_as_likely_as_any_other) {
  const auto items = support::items("qa", 20, 0);
  std::map<std::int64_t, int> counts;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    for (const auto& [task, doc_id] : drawn_of(items, "a", {5, seed, {}})) ++counts[doc_id];
  }
  EXPECT_THAT(counts, SizeIs(20));
  for (const auto& [doc_id, count] : counts) EXPECT_NEAR(count, 500, 6 * 19.4) << doc_id;
}

}  // namespace
}  // namespace bantam::reask
