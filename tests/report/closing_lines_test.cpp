#include "report/closing_lines.hpp"

#include <gmock/gmock.h>

namespace bantam::report {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

plan::Plan plan_of_test() {
  plan::Plan plan;
  plan.store = "s.db";
  plan.output_dir = "out";
  return plan;
}

TEST(closing_lines, count_cells_and_name_the_next_commands) {
  run::RunSummary summary;
  summary.ok = 3;
  summary.failed = 1;
  summary.reused = 2;
  plan::Plan plan = plan_of_test();
  EXPECT_THAT(
      closing_lines(summary, plan, 2.0),
      ElementsAre("3 ok, 1 failed (2 of them were there already) in 2.00 s; records in s.db, files in out",
                  "--retry runs failed and invalid cells again",
                  "all figures, and how sure they are: bantam analyze --store s.db"));
  plan.retry = true;
  EXPECT_EQ(closing_lines(summary, plan, 2.0).size(), 2u);
}

TEST(closing_lines, an_invalid_measurement_may_wait_for_a_quiet_machine) {
  run::RunSummary summary;
  summary.invalid = 1;
  plan::Plan plan = plan_of_test();
  EXPECT_THAT(closing_lines(summary, plan, 2.0), Contains(HasSubstr("--wait-quiet 60")));
  plan.performance_settings.wait_quiet_s = 10.0;
  EXPECT_THAT(closing_lines(summary, plan, 2.0), Not(Contains(HasSubstr("--wait-quiet"))));
}

TEST(closing_lines, say_that_all_was_there) {
  run::RunSummary summary;
  summary.ok = 2;
  summary.reused = 2;
  EXPECT_EQ(closing_lines(summary, plan_of_test(), 0.0).front(), "nothing to do, all 2 cells are measured");
}

TEST(closing_lines, of_an_interrupted_run_say_how_to_go_on) {
  run::RunSummary summary;
  summary.ok = 1;
  summary.interrupted = true;
  EXPECT_THAT(closing_lines(summary, plan_of_test(), 1.0),
              ElementsAre("interrupted; what is done is kept. Resume with the same command."));
}

}  // namespace
}  // namespace bantam::report
