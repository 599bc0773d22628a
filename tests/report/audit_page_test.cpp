#include "report/audit_page.hpp"

#include <gtest/gtest.h>

namespace bantam::report {
namespace {

using audit::Standing;

audit::Audit sample() {
  audit::Audit audit;
  audit.model = "embedded:nano";
  audit.precision = "fp16";
  audit.findings = {{audit::checks::kClock, Standing::passed, "steps of 20 ns", "fine", {{"step_s", 2e-8}}},
                    {audit::checks::kOwnCost, Standing::cannot_tell, "none", "not known", {}},
                    {audit::checks::kRepeats, Standing::failed, "1.5x", "too good", {}}};
  audit.verdict = audit::verdict(audit.findings);
  return audit;
}

TEST(audit_page, has_one_line_a_check_and_the_verdict) {
  EXPECT_EQ(audit_page(sample(), table::Format::table, {100, false}), R"(Audit with embedded:nano fp16
passed       clock: steps of 20 ns; fine
cannot tell  own cost: none; not known
failed       repeats: 1.5x; too good

Verdict
failed (repeats): figures of this program on this machine cannot be believed.
)");
}

TEST(audit_page, is_a_row_a_check_in_csv) {
  EXPECT_EQ(audit_page(sample(), table::Format::csv),
            "check,standing,figure,meaning\r\nclock,passed,steps of 20 ns,fine\r\n"
            "own_cost,cannot tell,none,not known\r\nrepeats,failed,1.5x,too good\r\n");
}

TEST(audit_page, keeps_the_figures_in_json) {
  const auto json = base::parse_json(audit_page(sample(), table::Format::json), "page").value();
  EXPECT_EQ(json["verdict"], "failed");
  EXPECT_EQ(json["checks"][0]["check"], "clock");
  EXPECT_EQ(json["checks"][0]["data"]["step_s"], 2e-8);
  EXPECT_EQ(json["checks"][2]["standing"], "failed");
}

}  // namespace
}  // namespace bantam::report
