#include "report/validation_page.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"

namespace bantam::report {
namespace {

evaluate::Validation found() {
  return {
      {{"qa.yaml, line 3: unknown metric 'ac\x1b'", "did you mean acc?"}}, {{"qa: one choice", ""}}, 2, 40};
}

TEST(validation_page, problems_then_warnings_then_the_sum) {
  EXPECT_EQ(validation_page(found(), table::Format::table),
            "problem: qa.yaml, line 3: unknown metric 'ac\\x1b'\n"
            "    did you mean acc?\n"
            "warning: qa: one choice\n"
            "problems: 1, warnings: 1; tasks read: 2, with 40 items\n");
}

TEST(validation_page, json_leaves_out_a_hint_that_is_not_there) {
  const auto json = base::parse_json(validation_page(found(), table::Format::json), "page").value();
  EXPECT_EQ(json["valid"], false);
  EXPECT_EQ(json["problems"][0]["hint"], "did you mean acc?");
  EXPECT_EQ(json["warnings"], base::Json::array({base::Json{{"message", "qa: one choice"}}}));
  EXPECT_EQ(json["items"], 40);
}

}  // namespace
}  // namespace bantam::report
