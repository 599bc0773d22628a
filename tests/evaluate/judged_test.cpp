#include "evaluate/judged.hpp"

#include <gmock/gmock.h>

#include "evaluate/prompts.hpp"
#include "support/task_folder.hpp"
#include "task/subset.hpp"

namespace bantam::evaluate {
namespace {

using testing::HasSubstr;

using JudgedTest = support::TaskFolderTest;

TEST_F(JudgedTest, TakesTheMetricThatStandsForTheTask) {
  write_choice_task("one", 4);
  write_choice_task("two", 4, "  - metric: acc_norm\n");
  EXPECT_EQ(*judged_metric(find("one")), "acc");
  EXPECT_EQ(*judged_metric(find("two")), "acc_norm");
}

TEST_F(JudgedTest, TakesWhatAllTasksOfAGroupHave) {
  write_choice_task("one", 4);
  write_choice_task("two", 4, "  - metric: acc_norm\n");
  write("both.yaml", "group: both\ntask: [one, two]\naggregate_metric_list:\n  - metric: acc\n");
  write("bare.yaml", "group: bare\ntask: [one, two]\n");
  EXPECT_EQ(*judged_metric(find("both")), "acc");
  const auto bare = judged_metric(find("bare"));
  ASSERT_FALSE(bare);
  EXPECT_THAT(bare.error().message, HasSubstr("no score of its own"));
}

TEST_F(JudgedTest, RefusesScoresThatNoSingleItemHas) {
  write("text.yaml",
        "task: text\ndataset_path: json\ndataset_kwargs:\n  data_files:\n    test: text.jsonl\n"
        "output_type: loglikelihood_rolling\ntest_split: test\ndoc_to_target: \"{{q}}\"\n");
  write("text.jsonl", "{\"q\": \"some text\"}\n");
  const auto refused = judged_metric(find("text"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, base::ErrorKind::usage);
  EXPECT_THAT(refused.error().message, HasSubstr("word_perplexity"));
}

// What the parent counts on is what a worker evaluates.
TEST_F(JudgedTest, StagesTakeTheRowsInTheirOrder) {
  write_choice_task("t", 30);
  const task::Selection selection = find("t");
  task::Settings settings;
  settings.limit = 24;
  const auto order = Prompter::make(selection.leaves.front(), settings)->order();
  ASSERT_EQ(order.size(), 24U);
  for (const auto& [begin, end] : {std::pair{0.0, 0.125}, {0.125, 0.25}, {0.25, 0.5}, {0.5, 1.0}}) {
    settings.stage = {begin, end};
    std::vector<std::int64_t> expected(
        order.begin() + static_cast<std::ptrdiff_t>(task::rows_until(begin, 24)),
        order.begin() + static_cast<std::ptrdiff_t>(task::rows_until(end, 24)));
    std::ranges::sort(expected);
    EXPECT_EQ(Prompter::make(selection.leaves.front(), settings)->selected(), expected);
  }
}

}  // namespace
}  // namespace bantam::evaluate
