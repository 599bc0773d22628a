#include "cli/stores.hpp"

#include <gtest/gtest.h>

#include "support/finished_cells.hpp"
#include "support/temp_dir.hpp"

namespace bantam::cli {
namespace {

// A store with one task's cell, measured on this machine, of which the first `right` of ten items are right.
std::string store_of(const support::TempDir& folder, const std::string& machine, std::int64_t right,
                     const std::string& finished_at) {
  const std::string path = (folder.path() / (machine + ".db")).string();
  record::FinishedCell cell = support::finished_accuracy();
  cell.record.device = {{"identity", machine}};
  cell.record.finished_at = finished_at;
  cell.items = support::items("qa", 10, right);
  auto store = store::Store::open(path);
  EXPECT_TRUE(store);
  EXPECT_TRUE(store->add_finished(std::move(cell)));
  return path;
}

// How many of a cell's items are right, and how many there are.
std::pair<int, int> right_in(const analyze::ScoreSource& scores, const std::string& key) {
  std::pair<int, int> count;
  const auto next = scores.open(key, "acc").value();
  while (const auto score = next().value()) {
    count.first += score->value == 1.0;
    ++count.second;
  }
  return count;
}

// A task's cell has the same key on both machines; each has its own answers.
TEST(Stores, EachMachineHasItsOwnItems) {
  const support::TempDir folder;
  const std::vector<std::string> paths{store_of(folder, "laptop", 7, "2026-01-31T10:00:00Z"),
                                       store_of(folder, "board", 3, "2026-01-31T11:00:00Z")};
  auto stores = open_stores(paths);
  ASSERT_TRUE(stores) << stores.error().message;
  const std::string key = stores->records.front().cell_key;
  ASSERT_EQ(stores->records.size(), 2U);
  EXPECT_EQ(stores->records[1].cell_key, key);
  EXPECT_EQ(right_in(stores->scores("laptop"), key), std::pair(7, 10));
  EXPECT_EQ(right_in(stores->scores("board"), key), std::pair(3, 10));
  EXPECT_EQ(right_in(stores->scores(), key), std::pair(3, 10));  // finished last
  EXPECT_EQ(right_in(stores->scores("phone"), key), std::pair(0, 0));
}

TEST(Stores, WithoutAFinishedCellThereIsNothing) {
  const support::TempDir folder;
  const std::string path = (folder.path() / "empty.db").string();
  ASSERT_TRUE(store::Store::open(path));
  EXPECT_FALSE(open_stores({path}));
}

}  // namespace
}  // namespace bantam::cli
