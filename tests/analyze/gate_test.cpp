#include "analyze/gate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bantam::analyze {
namespace {

using testing::HasSubstr;

Impact decode(double ratio, std::optional<stats::Interval> interval) {
  Impact impact;
  Change change;
  change.ratio = ratio;
  change.interval = interval;
  change.rounds = 6;
  impact.changes["decode_tokens_per_s"] = change;
  return impact;
}

GateVerdict verdict(const std::string& gate, const Impact& impact) {
  return judge(parse_gate(gate).value(), impact).verdict;
}

TEST(gate, reads_its_form) {
  const auto gate = parse_gate(" decode_tokens_per_s<-3 % ");
  ASSERT_TRUE(gate);
  EXPECT_EQ(gate->subject, "decode_tokens_per_s");
  EXPECT_TRUE(gate->below);
  EXPECT_TRUE(gate->is_relative);
  EXPECT_DOUBLE_EQ(gate->limit, -0.03);
  const auto points = parse_gate("nano_qa < -2");
  ASSERT_TRUE(points);
  EXPECT_FALSE(points->is_relative);
  EXPECT_DOUBLE_EQ(points->limit, -0.02);
  EXPECT_FALSE(parse_gate("ttft_s > +5%")->below);
}

TEST(gate, refuses_what_it_would_have_to_guess) {
  for (const char* text : {"", "decode_tokens_per_s", "decode_tokens_per_s < ", "< -3%", "decode_tokens_per_s < x%",
                           "decode_tokens_per_s < -3", "nano_qa < -3%", "decode_tokens_per_s < inf%"}) {
    const auto gate = parse_gate(text);
    ASSERT_FALSE(gate) << text;
    EXPECT_EQ(gate.error().kind, base::ErrorKind::usage) << text;
    EXPECT_FALSE(gate.error().hint.empty()) << text;
  }
}

// The whole interval has to be on one side of the limit.
TEST(gate, is_judged_by_the_interval) {
  EXPECT_EQ(verdict("decode_tokens_per_s < -3%", decode(0.99, stats::Interval{0.98, 1.00})), GateVerdict::go);
  EXPECT_EQ(verdict("decode_tokens_per_s < -3%", decode(0.94, stats::Interval{0.93, 0.95})), GateVerdict::no_go);
  EXPECT_EQ(verdict("decode_tokens_per_s < -3%", decode(0.97, stats::Interval{0.96, 0.98})), GateVerdict::inconclusive);
  EXPECT_EQ(verdict("decode_tokens_per_s < -3%", decode(0.5, std::nullopt)), GateVerdict::inconclusive)
      << "however large it looks";
  EXPECT_EQ(verdict("decode_tokens_per_s > 3%", decode(1.1, stats::Interval{1.08, 1.12})), GateVerdict::no_go);
  EXPECT_EQ(verdict("decode_tokens_per_s > 3%", decode(0.5, stats::Interval{0.4, 0.6})), GateVerdict::go);
}

TEST(gate, sizes_of_files_are_exact_and_memory_is_known_to_two_percent) {
  Impact impact;
  impact.changes["file_bytes"].ratio = 1.001;
  impact.changes["pss_peak_bytes"].ratio = 1.001;
  EXPECT_EQ(verdict("file_bytes > 0%", impact), GateVerdict::no_go);
  EXPECT_EQ(verdict("pss_peak_bytes > 0%", impact), GateVerdict::inconclusive);
  EXPECT_EQ(verdict("pss_peak_bytes > 5%", impact), GateVerdict::go);
}

TEST(gate, points_of_a_score) {
  Impact impact;
  ScoreChange& change = impact.scores.emplace_back();
  change.column = {"qa", "acc"};
  change.difference = -0.05;
  change.interval = stats::Interval{-0.08, -0.03};
  EXPECT_EQ(verdict("qa < -2", impact), GateVerdict::no_go);
  EXPECT_EQ(verdict("qa < -10", impact), GateVerdict::go);
  EXPECT_EQ(verdict("qa < -5", impact), GateVerdict::inconclusive);
  change.no_answers = "int4: every answer is empty";
  EXPECT_EQ(verdict("qa < -2", impact), GateVerdict::inconclusive);
}

TEST(gate, what_was_not_compared_does_not_pass) {
  Impact impact;
  impact.refused["performance"] = "measured on different machines";
  const GateResult result = judge(parse_gate("ttft_s > 5%").value(), impact);
  EXPECT_EQ(result.verdict, GateVerdict::inconclusive);
  EXPECT_THAT(result.reason, HasSubstr("different machines"));
  EXPECT_EQ(verdict("qa < -2", impact), GateVerdict::inconclusive);
}

TEST(gate, one_that_fails_fails_all) {
  const auto with = [](std::vector<GateVerdict> verdicts) {
    std::vector<GateResult> results;
    for (const GateVerdict one : verdicts) results.push_back({{}, one, ""});
    return overall(results);
  };
  using enum GateVerdict;
  EXPECT_EQ(with({}), go);
  EXPECT_EQ(with({go, inconclusive, no_go}), no_go);
  EXPECT_EQ(with({go, inconclusive}), inconclusive);
  EXPECT_EQ(with({go, go}), go);
}

}  // namespace
}  // namespace bantam::analyze
