#include <gtest/gtest.h>

#include "analyze/analysis.hpp"
#include "support/sample_records.hpp"

namespace bantam::analyze {
namespace {

ItemSource source() {
  return [](const std::string& key) -> base::Result<std::vector<record::Item>> {
    return support::items("qa", 100, key.find("int4") != std::string::npos ? 60 : 80);
  };
}

// The same comparison the other way round, as it comes out when it is made that way round.
TEST(inverted, is_what_the_comparison_from_the_other_side_gives) {
  std::vector<std::string> notes;
  const auto all = gather(
      {support::performance("nano", "fp16", 16, 100, 0.1), support::performance("nano", "int4", 4, 150, 0.08),
       support::accuracy("nano", "fp16", "qa", 0.8, 0.71, 0.87, 100),
       support::accuracy("nano", "int4", "qa", 0.6, 0.5, 0.69, 100)},
      notes);
  ASSERT_EQ(all.size(), 2u);
  const Impact there = compare_two(all[0], source(), all[1], source()).value();
  const Impact back = inverted(compare_two(all[1], source(), all[0], source()).value());
  EXPECT_EQ(back.precision, "int4");
  EXPECT_EQ(back.base_precision, "fp16");
  ASSERT_EQ(back.changes.size(), there.changes.size());
  for (const auto& [metric, change] : there.changes) {
    const Change& other = back.changes.at(metric);
    EXPECT_NEAR(other.ratio, change.ratio, 1e-12) << metric;
    EXPECT_EQ(other.verdict, change.verdict) << metric;
    ASSERT_EQ(other.interval.has_value(), change.interval.has_value()) << metric;
    if (change.interval) EXPECT_NEAR(other.interval->low, change.interval->low, 1e-9) << metric;
  }
  ASSERT_EQ(there.scores.size(), 1u);
  ASSERT_EQ(back.scores.size(), 1u);
  EXPECT_NEAR(back.scores[0].difference, -0.2, 1e-12);
  EXPECT_NEAR(back.scores[0].interval->low, there.scores[0].interval->low, 1e-12);
  EXPECT_EQ(back.scores[0].lost, 20);
  EXPECT_EQ(back.scores[0].gained, 0);
  EXPECT_EQ(back.scores[0].verdict, there.scores[0].verdict);
}

}  // namespace
}  // namespace bantam::analyze
