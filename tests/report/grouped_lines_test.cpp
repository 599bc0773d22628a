#include "report/grouped_lines.hpp"

#include <gmock/gmock.h>

namespace bantam::report {
namespace {

using testing::ElementsAre;

TEST(grouped_lines, one_line_for_what_many_places_have_in_common) {
  std::vector<Told> told;
  for (int i = 1; i <= 27; ++i) told.push_back({"task_" + std::to_string(i), "acc is 1 on every item"});
  told.push_back({"qa", "the worker swapped"});
  EXPECT_THAT(grouped_lines(told), ElementsAre("task_1, task_2, task_3 and 24 more: acc is 1 on every item",
                                               "qa: the worker swapped"));
}

TEST(grouped_lines, texts_that_differ_in_numbers_are_of_one_kind) {
  EXPECT_THAT(grouped_lines({{"a", "acc 0.231 cannot be told from guessing (0.250)"},
                             {"b", "acc 0.26 cannot be told from guessing (0.250)"}}),
              ElementsAre("a and b: acc 0.231 cannot be told from guessing (0.250), and the like"));
  EXPECT_EQ(grouped_lines({{"a", "acc is 1 on every item"}, {"b", "acc is 0 on every item"}}).size(), 2U);
}

TEST(grouped_lines, a_text_without_a_place_stands_alone) {
  EXPECT_THAT(grouped_lines({{"", "swap"}, {"", "swap"}}), ElementsAre("swap"));
}

TEST(warnings_of, name_the_task_of_a_group) {
  record::Record record;
  record.task = "mmlu";
  record.subtasks["mmlu_law"] = {};
  record.warnings = {"mmlu_law: acc is 1 on every item", "single_stream: swap"};
  const auto told = warnings_of(record);
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0].place + "|" + told[0].text, "mmlu_law|acc is 1 on every item");
  EXPECT_EQ(told[1].place + "|" + told[1].text, "mmlu|single_stream: swap");
}

TEST(enumerated, names_at_most_so_many) {
  EXPECT_EQ(enumerated({}), "");
  EXPECT_EQ(enumerated({"a"}, 4), "a");
  EXPECT_EQ(enumerated({"a", "b", "c", "d"}, 4), "a, b, c and d");
  EXPECT_EQ(enumerated({"a", "b", "c", "d", "e"}, 4), "a, b, c and 2 more");
  EXPECT_EQ(enumerated({"a", "b", "c", "d", "e"}), "a, b, c, d and e");
}

}  // namespace
}  // namespace bantam::report
