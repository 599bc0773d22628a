#include "audit/kept.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"

namespace bantam::audit {
namespace {

const Circumstances kNow{"1.2.3", "llama b1", "boot-1"};

Outcome passed() {
  Outcome outcome;
  outcome.verdict = Standing::passed;
  outcome.finished_at = "2026-11-29T17:00:00Z";
  outcome.held_in = kNow;
  outcome.model = "embedded:nano";
  outcome.precision = "fp16";
  outcome.equal_half_width = 0.0081;
  outcome.own_cost_s = 2.1e-6;
  return outcome;
}

TEST(kept_line, tells_what_the_last_audit_found) {
  EXPECT_EQ(kept_line(passed(), kNow), "audit: passed 2026-11-29 (A/A ±0.8 %, own cost 2.1 µs a token)");
}

TEST(kept_line, says_that_there_was_none) {
  EXPECT_EQ(kept_line(std::nullopt, kNow), "audit: not run on this machine; run `bantam audit`");
}

TEST(kept_line, names_the_checks_that_did_not_pass) {
  Outcome outcome = passed();
  outcome.verdict = Standing::failed;
  outcome.not_passed = {"repeats"};
  outcome.equal_half_width.reset();
  EXPECT_EQ(kept_line(outcome, kNow),
            "audit: failed 2026-11-29 (repeats, own cost 2.1 µs a token); run `bantam audit`");
}

TEST(kept_line, does_not_hold_for_another_version_engine_or_start_of_the_machine) {
  EXPECT_EQ(kept_line(passed(), {"1.2.4", "llama b1", "boot-1"}),
            "audit: passed 2026-11-29, of another version of this program; run `bantam audit`");
  EXPECT_EQ(kept_line(passed(), {"1.2.3", "llama b2", "boot-1"}),
            "audit: passed 2026-11-29, of another version of this program; run `bantam audit`");
  EXPECT_EQ(kept_line(passed(), {"1.2.3", "llama b1", "boot-2"}),
            "audit: passed 2026-11-29, before the machine was started anew; run `bantam audit`");
}

TEST(outcome, comes_back_as_it_was_written) {
  Outcome outcome = passed();
  outcome.not_passed = {"clock", "repeats"};
  const auto read = outcome_from(base::parse_json(base::to_text(to_json(outcome)), "kept").value());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->verdict, outcome.verdict);
  EXPECT_EQ(read->finished_at, outcome.finished_at);
  EXPECT_EQ(read->held_in, outcome.held_in);
  EXPECT_EQ(read->not_passed, outcome.not_passed);
  EXPECT_EQ(read->equal_half_width, outcome.equal_half_width);
  EXPECT_EQ(read->own_cost_s, outcome.own_cost_s);
}

TEST(outcome, is_none_where_the_file_is_of_another_form) {
  EXPECT_FALSE(outcome_from(base::Json::object()));
  EXPECT_FALSE(outcome_from({{"version", 1}, {"verdict", "splendid"}, {"finished_at", ""}, {"program", ""}}));
  base::Json newer = to_json(passed());
  newer["version"] = 99;
  EXPECT_FALSE(outcome_from(newer));
}

}  // namespace
}  // namespace bantam::audit
