#include "metric/group_scores.hpp"

#include <gtest/gtest.h>

#include "metric/aggregation.hpp"

namespace bantam::metric {
namespace {

// 7 of 10 and 6 of 30, with the errors sqrt(p (1 - p) / (n - 1)).
const record::Value kSimple{0.7, wilson_interval(7, 10), 0.1527525231651947, 10};
const record::Value kHard{0.2, wilson_interval(6, 30), 0.0742781352708207, 30};

TEST(GroupValue, counts_items_or_tasks_the_same) {
  const auto by_items = group_value({&kSimple, &kHard}, true).value();
  EXPECT_DOUBLE_EQ(by_items.value, 13.0 / 40.0);
  EXPECT_NEAR(by_items.std_error.value(), 0.0673756163920637, 1e-12);
  EXPECT_EQ(by_items.n, 40);
  EXPECT_NEAR(by_items.interval.value().low, 0.200845022317827, 1e-9);  // Wilson's of 13 of 40
  const auto by_tasks = group_value({&kSimple, &kHard}, false).value();
  EXPECT_DOUBLE_EQ(by_tasks.value, 0.45);
  EXPECT_NEAR(by_tasks.std_error.value(), 0.0849272846508171, 1e-12);
  EXPECT_FALSE(by_tasks.interval.has_value());
  EXPECT_FALSE(group_value({}, true).has_value());
}

TEST(GroupValue, of_what_is_no_share_has_no_interval) {
  const record::Value large{1e300, {}, 0.5, 10};
  EXPECT_FALSE(group_value({&kSimple, &large}, true).value().interval.has_value());
}

TEST(GroupAverages, bear_the_filter_of_their_tasks) {
  const auto averages = group_averages("acc,none", {&kSimple, &kHard});
  ASSERT_EQ(averages.size(), 2u);
  EXPECT_DOUBLE_EQ(averages.at("acc_macro,none").value, 0.45);
  EXPECT_DOUBLE_EQ(averages.at("acc_micro,none").value, 0.325);
  EXPECT_TRUE(group_averages("acc", {&kSimple}).empty());
  EXPECT_TRUE(group_averages("f1", {&kSimple, &kHard}).empty());
}

TEST(GroupAverages, name_the_key_that_they_are_of) {
  EXPECT_EQ(averaged_key("acc_macro"), "acc");
  EXPECT_EQ(averaged_key("exact_match_micro,strict"), "exact_match,strict");
  EXPECT_EQ(averaged_key("acc"), "");
  EXPECT_EQ(averaged_key("beauty"), "");
}

}  // namespace
}  // namespace bantam::metric
