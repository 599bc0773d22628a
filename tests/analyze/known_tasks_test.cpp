#include "analyze/known_tasks.hpp"

#include <gtest/gtest.h>

namespace bantam::analyze {
namespace {

TEST(KnownTasks, a_task_without_results_is_refused_with_those_that_have_some) {
  const auto refused = no_results_of("arc_esay", {"gsm8k", "arc_easy", "arc_easy"}).value();
  EXPECT_EQ(refused.kind, base::ErrorKind::usage);
  EXPECT_EQ(refused.message, "no results of the task 'arc_esay'");
  EXPECT_EQ(refused.hint, "did you mean arc_easy? there are results of: gsm8k, arc_easy");
  EXPECT_EQ(hint_of_tasks("mmlu", {"gsm8k"}), "there are results of: gsm8k");
  EXPECT_EQ(hint_of_tasks("mmlu", {}), "there are results of: no task");
}

TEST(KnownTasks, names_that_deceive_are_shown_as_they_are) {
  EXPECT_EQ(no_results_of("a\x1b[31m", {}).value().message, "no results of the task 'a\\x1b[31m'");
  EXPECT_EQ(hint_of_tasks("x", {"b\x1b[0m"}), "there are results of: b\\x1b[0m");
}

}  // namespace
}  // namespace bantam::analyze
