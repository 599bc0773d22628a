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

reask::Outcome outcome() {
  reask::Outcome outcome;
  outcome.draw.seed = 77;
  reask::Asked cell;
  cell.place = "tiny int8 qa";
  cell.drawn = {{"qa", 3}, {"qa", 17}};
  cell.compared = cell.same = 24;
  cell.scored_again = 40;
  outcome.cells.push_back(cell);
  return outcome;
}

std::string page_of(const reask::Outcome& asked, bool only_looked = false) {
  return verify_page(verify::Report(), Format::table, {400, false}, {&asked, only_looked});
}

TEST(verify_page, what_was_asked_again) {
  const std::string page = page_of(outcome());
  EXPECT_THAT(page,
              HasSubstr("tiny int8 qa: items 3, 17 drawn, 24 asked in their batches: all as stored, bit "
                        "for bit."));
  EXPECT_THAT(page, HasSubstr("The same items are drawn by --seed 77 --ask-again 5."));
  EXPECT_THAT(page, HasSubstr("Scores of 40 items were computed again from their stored answers."));
  EXPECT_THAT(page, HasSubstr("The store is as it was written, and its models answer as is stored."));
}

TEST(verify_page, what_the_model_does_not_give) {
  reask::Outcome asked = outcome();
  asked.findings = {{"tiny int8 qa", "item 3 of qa: acc is 1, asked again 0"}};
  EXPECT_THAT(page_of(asked), HasSubstr("tiny int8 qa: item 3 of qa: acc is 1, asked again 0"));
  EXPECT_THAT(page_of(asked), HasSubstr("The store is not to be trusted."));
  const auto json =
      base::parse_json(verify_page(verify::Report(), Format::json, {80, false}, {&asked, false}), "page");
  ASSERT_TRUE(json);
  EXPECT_EQ(base::bool_at(*json, "verified"), false);
  const base::Json& again = base::child_at(*json, "asked_again");
  EXPECT_EQ(base::integer_at(again, "seed"), 77);
  EXPECT_EQ(base::integer_at(base::child_at(again, "cells")[0], "compared"), 24);
  EXPECT_EQ(base::child_at(again, "findings").size(), 1U);
  EXPECT_THAT(verify_page(verify::Report(), Format::csv, {80, false}, {&asked, false}),
              HasSubstr("tiny int8 qa,"));
}

TEST(verify_page, what_could_not_be_asked_is_no_verdict) {
  reask::Outcome asked = outcome();
  asked.cells[0].not_asked = "tiny.gguf: no such file";
  EXPECT_THAT(page_of(asked), HasSubstr("tiny int8 qa: tiny.gguf: no such file"));
  EXPECT_THAT(page_of(asked),
              HasSubstr("The store is as it was written; not all answers could be had again."));
  asked = outcome();
  asked.cells[0].other_scores.assign(25, "item 3 of qa: acc is 1, asked again 0");
  EXPECT_THAT(page_of(asked), HasSubstr("Scored otherwise here"));
  EXPECT_THAT(page_of(asked), HasSubstr("5 more"));
  EXPECT_FALSE(asked.is_complete());
}

TEST(verify_page, another_place_says_what_differs) {
  reask::Outcome asked = outcome();
  asked.cells[0].same = 20;
  asked.cells[0].largest_difference = 0.00031;
  asked.cells[0].other_texts = 2;
  asked.cells[0].where = reask::Place::other;
  asked.cells[0].differences = {"threads: 4 there, 2 here"};
  EXPECT_THAT(
      page_of(asked),
      HasSubstr("20 as stored, bit for bit; log-likelihoods differ by 0.00031 nats at most; 2 answers are "
                "written otherwise, with the same scores. Not as then: threads: 4 there, 2 here."));
}

TEST(verify_page, a_look_says_what_would_be_asked) {
  reask::Outcome asked = outcome();
  asked.cells[0].most_items = 64;
  asked.cells[0].most_s = 90.0;
  asked.cells[0].steps = {"make Q4_K_M"};
  const std::string page = page_of(asked, true);
  EXPECT_THAT(page, HasSubstr("tiny int8 qa: items 3, 17, with their batches at most 64 items, about "));
  EXPECT_THAT(page, HasSubstr("; first make Q4_K_M"));
  EXPECT_THAT(page, HasSubstr("The store is as it was written."));
}

}  // namespace
}  // namespace bantam::report
