#include "analyze/scored_items.hpp"

#include <gtest/gtest.h>

#include "support/sample_records.hpp"

namespace bantam::analyze {
namespace {

record::TaskFacts facts(std::int64_t items, std::optional<std::int64_t> rows) {
  record::TaskFacts task;
  task.name = "qa";
  task.items = items;
  task.rows = rows;
  return task;
}

record::Record with(const std::vector<record::TaskFacts>& tasks) {
  record::Record record = support::cell("nano", "int4", "qa");
  record::set_tasks(record, tasks);
  return record;
}

TEST(ItemCount, AddsUpTheTasksOfAGroup) {
  const auto part = item_count(with({facts(8, 400), facts(10, 10)}));
  ASSERT_TRUE(part);
  EXPECT_TRUE(part->is_part());
  EXPECT_EQ(part->text(), "18 of 410 items");
  const auto whole = item_count(with({facts(400, 400)}));
  ASSERT_TRUE(whole);
  EXPECT_TRUE(whole->is_whole());
  EXPECT_EQ(whole->text(), "400 items");
}

TEST(ItemCount, IsNeitherPartNorWholeWhereATaskDoesNotTell) {
  const auto unknown = item_count(with({facts(8, 400), facts(10, {})}));
  ASSERT_TRUE(unknown);
  EXPECT_FALSE(unknown->is_part());
  EXPECT_FALSE(unknown->is_whole());
  EXPECT_FALSE(item_count(with({facts(0, {})})));
  EXPECT_FALSE(item_count(support::cell("nano", "int4", "qa")));
}

TEST(Shots, AreThoseAskedForUnlessTheTaskSaysNone) {
  record::TaskFacts task = facts(8, 8);
  task.num_fewshot = 5;
  record::Record record = with({task});
  EXPECT_EQ(shots(record, task), 5);
  record.settings = {{"accuracy", {{"num_fewshot", 3}}}};
  EXPECT_EQ(shots(record, task), 3);
  task.num_fewshot = 0;
  task.config = {{"num_fewshot", 0}};
  EXPECT_EQ(shots(record, task), 0);
}

}  // namespace
}  // namespace bantam::analyze
