#include "store/score_rows.hpp"

#include <gtest/gtest.h>

#include <tuple>
#include <utility>
#include <vector>

#include "store/store.hpp"
#include "support/sample_records.hpp"
#include "support/temp_dir.hpp"

namespace bantam::store {
namespace {

// Ten items, the first `right` of them right.
record::FinishedCell quiz(const std::string& precision, std::int64_t right) {
  record::FinishedCell cell;
  cell.record = support::cell("nano", precision, "qa");
  cell.items = support::items("qa", 10, right);
  for (record::Item& item : cell.items) item.content = {{"context", "Who?"}};
  return cell;
}

// Tasks in the order of their bytes, whatever the order in which items were put in.
TEST(ScoreRows, are_by_task_and_number_without_items_that_lack_the_metric) {
  const support::TempDir folder;
  record::FinishedCell cell = quiz("int8", 0);
  cell.items = {{"b", 1, {}, {{"acc", 0.25}}},
                {"a", 10, {}, {{"acc", 1.0}, {"f1", 0.5}}},
                {"a", 9, {}, {{"f1", 0.75}}},
                {"a", 2, {}, {{"acc", 0.0}, {"acc_norm", 1.0}}},
                {"B", 7, {}, {{"acc", 1e-05}}}};
  Store store = Store::open(folder.path() / "s.db").value();
  ASSERT_TRUE(store.add_finished(cell));
  ScoreRows rows = store.scores(cell.record.cell_key, "acc").value();
  std::vector<std::tuple<std::string, std::int64_t, double>> seen;
  while (const auto row = rows.next().value()) seen.emplace_back(row->task, row->doc_id, row->value);
  const decltype(seen) wanted{{"B", 7, 1e-05}, {"a", 2, 0.0}, {"a", 10, 1.0}, {"b", 1, 0.25}};
  EXPECT_EQ(seen, wanted);
  EXPECT_FALSE(store.scores("unknown", "acc").value().next().value());
}

// A comparison reads two cells side by side.
TEST(ScoreRows, of_two_cells_can_be_read_in_turns) {
  const support::TempDir folder;
  Store store = Store::open(folder.path() / "s.db").value();
  const record::FinishedCell one = quiz("int8", 7);
  const record::FinishedCell two = quiz("int4", 2);
  ASSERT_TRUE(store.add_finished(one));
  ASSERT_TRUE(store.add_finished(two));
  ScoreRows left = store.scores(one.record.cell_key, "acc").value();
  ScoreRows right = store.scores(two.record.cell_key, "acc").value();
  for (std::int64_t i = 0; i < 10; ++i) {
    EXPECT_EQ(left.next().value()->value, i < 7 ? 1.0 : 0.0);
    EXPECT_EQ(right.next().value()->value, i < 2 ? 1.0 : 0.0);
  }
  EXPECT_FALSE(left.next().value());
  EXPECT_FALSE(right.next().value());
}

TEST(EachItem, hands_over_what_items_gives_and_stops_at_an_error) {
  const support::TempDir folder;
  Store store = Store::open(folder.path() / "s.db").value();
  const record::FinishedCell cell = quiz("int8", 7);
  ASSERT_TRUE(store.add_finished(cell));
  const auto whole = store.items(cell.record.cell_key).value();
  std::vector<record::Item> seen;
  ASSERT_TRUE(store.each_item(cell.record.cell_key, [&seen](record::Item item) -> base::Status {
    seen.push_back(std::move(item));
    return {};
  }));
  ASSERT_EQ(seen.size(), whole.size());
  for (std::size_t i = 0; i < whole.size(); ++i)
    EXPECT_EQ(record::to_json(seen[i]), record::to_json(whole[i]));
  int taken = 0;
  const auto stopped = store.each_item(cell.record.cell_key, [&taken](const record::Item&) -> base::Status {
    if (++taken == 3) return base::fail(base::ErrorKind::storage, "full");
    return {};
  });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().message, "full");
  EXPECT_EQ(taken, 3);
}

TEST(EachTrial, hands_over_what_trials_gives) {
  const support::TempDir folder;
  Store store = Store::open(folder.path() / "s.db").value();
  record::FinishedCell cell;
  cell.record = support::cell("nano", "int8", "performance");
  for (std::int64_t index = 0; index < 8; ++index) {
    record::Trial trial;
    trial.scenario = "pp";
    trial.index = index;
    trial.wall_s = 0.5;
    cell.trials.push_back(std::move(trial));
  }
  ASSERT_TRUE(store.add_finished(cell));
  const auto whole = store.trials(cell.record.cell_key, 1).value();
  std::vector<record::Trial> seen;
  ASSERT_TRUE(store.each_trial(cell.record.cell_key, 1, [&seen](record::Trial trial) -> base::Status {
    seen.push_back(std::move(trial));
    return {};
  }));
  ASSERT_EQ(seen.size(), 8U);
  for (std::size_t i = 0; i < whole.size(); ++i)
    EXPECT_EQ(record::to_json(seen[i]), record::to_json(whole[i]));
}

TEST(number_in, finds_the_member_however_the_object_is_written) {
  for (const char* text : {R"({"acc":1.0,"acc_norm":0.5})", R"({ "acc" : 1.0, "acc_norm" : 0.5 })",
                           R"({"acc_norm":5e-1,"\u0061cc":1})", R"({"acc":0.0,"acc_norm":0.5,"acc":1.0})"}) {
    EXPECT_EQ(number_in(text, "acc").value(), 1.0) << text;
    EXPECT_EQ(number_in(text, "acc_norm").value(), 0.5) << text;
    EXPECT_EQ(number_in(text, "cc").value(), std::nullopt) << text;
  }
  EXPECT_EQ(number_in(R"({"exact_match,strict-match":0.0})", "exact_match,strict-match").value(), 0.0);
  EXPECT_EQ(number_in(R"({"a":-1.5e-3})", "a").value(), -0.0015);
  EXPECT_EQ(number_in("{}", "a").value(), std::nullopt);
}

TEST(number_in, refuses_what_is_no_object_of_numbers) {
  for (const char* text :
       {"", "{", "[]", "7", R"({"a":1)", R"({"a":1,})", R"({"a":"1"})", R"({"a":true})", R"({"a":nan})",
        R"({"a":inf})", R"({"a":-inf})", R"({"a":1}x)", R"({"a" 1})", R"({"a":1 "b":2})", R"({"a":01x})"})
    EXPECT_FALSE(number_in(text, "a")) << text;
}

}  // namespace
}  // namespace bantam::store
