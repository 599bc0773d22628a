#include "report/verify_page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bantam::report {
namespace {

using table::Format;
using testing::HasSubstr;
using testing::Not;

verify::Report report() {
  verify::Report report;
  report.cells = 7;
  report.imported = 3;
  report.imported_without_items = 2;
  report.without_rounds = 1;
  report.unjudged = {{"tiny int8 qa", "qa acc, which its task file adds up by 'f'"}};
  return report;
}

TEST(verify_page, figures_that_are_not_judged_are_named_or_counted) {
  const std::string page = verify_page(report(), Format::table, {160, false});
  EXPECT_THAT(page, HasSubstr("Not recomputed: tiny int8 qa: qa acc, which its task file adds up by 'f'."));
  EXPECT_THAT(page,
              HasSubstr("3 cells are imported, 2 of them without items: nothing of these is recomputed."));
  EXPECT_THAT(page, HasSubstr("1 cells have speeds without rounds"));
  EXPECT_THAT(page, HasSubstr("The store is as it was written."));
  const std::string plain = verify_page(verify::Report(), Format::table, {160, false});
  for (const char* part : {"Not recomputed: tiny", "imported", "rounds"})
    EXPECT_THAT(plain, Not(HasSubstr(part)));
}

TEST(verify_page, json_has_them_too) {
  const auto json = base::parse_json(verify_page(report(), Format::json, {80, false}), "page");
  ASSERT_TRUE(json);
  EXPECT_EQ(base::integer_at(*json, "imported_without_items"), 2);
  EXPECT_EQ(base::integer_at(*json, "without_rounds"), 1);
  const base::Json& unjudged = base::child_at(*json, "unjudged");
  ASSERT_EQ(unjudged.size(), 1U);
  EXPECT_EQ(base::string_at(unjudged[0], "place"), "tiny int8 qa");
}

TEST(verify_page, why_a_signature_was_not_checked) {
  const bundle::Signature signature{bundle::Signed::unchecked, {}, {}, "ssh-keygen says: no"};
  EXPECT_THAT(verify_page(bundle::Checked(), signature, Format::table, {160, false}),
              HasSubstr("Its signature was not checked: ssh-keygen says: no."));
  EXPECT_THAT(verify_page(bundle::Checked(), signature, Format::json, {80, false}),
              HasSubstr("\"unchecked_because\": \"ssh-keygen says: no\""));
}

}  // namespace
}  // namespace bantam::report
