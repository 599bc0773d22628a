// Stored answers scored again.
#include "reask/replay.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bundle/form.hpp"
#include "support/task_folder.hpp"

namespace bantam::reask {
namespace {

using record::Item;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

class ReplayTest : public support::TaskFolderTest {
 protected:
  std::optional<std::vector<std::string>> wrong(const std::string& task, const Item& item) {
    const task::Selection selection = find(task);
    const auto replay = Replay::make(selection.leaves.front());
    EXPECT_TRUE(replay) << (replay ? "" : replay.error().message);
    const auto found = replay->wrong_scores(item);
    EXPECT_TRUE(found) << (found ? "" : found.error().message);
    return *found;
  }
};

// The right answer is the second of the choices "yy" and "x".
Item choice(double first, double second, double acc) {
  return {"t", 1, {{"log_likelihoods", {first, second}}, {"is_greedy", {false, false}}}, {{"acc", acc}}};
}

TEST_F(ReplayTest, choices) {
  write_choice_task("t", 3);
  EXPECT_THAT(wrong("t", choice(-2.0, -1.0, 1.0)), Optional(IsEmpty()));
  EXPECT_THAT(wrong("t", choice(-1.0, -2.0, 0.0)), Optional(IsEmpty()));
  EXPECT_THAT(wrong("t", choice(-1.0, -2.0, 1.0)), Optional(ElementsAre("acc is 1, its answer gives 0")));
  Item item = choice(-2.0, -1.0, 1.0);
  item.metrics["acc_norm"] = 1.0;
  EXPECT_THAT(wrong("t", item), Optional(ElementsAre("acc_norm is 1, its answer gives none")));
  item.metrics = {};
  EXPECT_THAT(wrong("t", item), Optional(ElementsAre("it has no acc, its answer gives 1")));
}

TEST_F(ReplayTest, items_of_other_rows_are_told_by_either_hash) {
  write_choice_task("t", 3);
  const task::Selection selection = find("t");
  const auto replay = Replay::make(selection.leaves.front());
  ASSERT_TRUE(replay);
  Item item = choice(-2.0, -1.0, 1.0);
  EXPECT_EQ(replay->is_of_other_row(item), false);  // holds no hashes
  item.content["doc_hash"] = "of another row";
  EXPECT_EQ(replay->is_of_other_row(item), true);
  item.content.erase("doc_hash");
  item.content["target_hash"] = "of another answer";
  EXPECT_EQ(replay->is_of_other_row(item), true);
  item.doc_id = 3;  // there is no such row: that is told elsewhere
  EXPECT_EQ(replay->is_of_other_row(item), false);
}

TEST_F(ReplayTest, what_is_not_told_by_the_answer_is_left) {
  write_choice_task("t", 3);
  Item item = choice(-1.0, -2.0, 1.0);
  item.content = bundle::hashed_content(item.content);
  EXPECT_FALSE(wrong("t", item).has_value());
  item.content = {{"failed", "the template refuses it"}};
  EXPECT_FALSE(wrong("t", item).has_value());
  item = choice(-1.0, -2.0, 1.0);
  item.content["classified"] = true;
  EXPECT_FALSE(wrong("t", item).has_value());
  item = choice(-1.0, -2.0, 1.0);
  item.content["log_likelihoods"] = {-1.0};
  EXPECT_FALSE(wrong("t", item).has_value());
  item.content["log_likelihoods"] = {-1.0, nullptr};
  EXPECT_FALSE(wrong("t", item).has_value());
  item.content = nullptr;
  EXPECT_FALSE(wrong("t", item).has_value());
  for (const std::int64_t doc_id : {std::int64_t{-1}, std::int64_t{3}, INT64_MAX}) {
    item = choice(-1.0, -2.0, 1.0);
    item.doc_id = doc_id;
    EXPECT_FALSE(wrong("t", item).has_value());
  }
}

TEST_F(ReplayTest, written_answers) {
  write("w.yaml",
        "task: w\ndataset_path: json\ndataset_kwargs:\n  data_files:\n    test: w.jsonl\n"
        "output_type: generate_until\ntest_split: test\ndoc_to_text: \"{{q}}\"\ndoc_to_target: \"{{a}}\"\n"
        "generation_kwargs:\n  until: [\"\\n\"]\nmetric_list:\n  - metric: exact_match\nfilter_list:\n"
        "  - name: number\n    filter:\n      - function: regex\n        regex_pattern: \"(-?[0-9]+)\"\n"
        "      - function: take_first\n");
  write("w.jsonl", "{\"q\": \"1 + 1\", \"a\": \"2\"}\n");
  const auto item = [](const std::string& answer, double score) {
    return Item{"w", 0, {{"resps", {answer}}, {"incomplete", false}}, {{"exact_match", score}}};
  };
  EXPECT_THAT(wrong("w", item("It is 2.", 1.0)), Optional(IsEmpty()));
  EXPECT_THAT(wrong("w", item("It is 3.", 0.0)), Optional(IsEmpty()));
  EXPECT_THAT(wrong("w", item("It is 3.", 1.0)),
              Optional(ElementsAre("exact_match is 1, its answer gives 0")));
}

}  // namespace
}  // namespace bantam::reask
