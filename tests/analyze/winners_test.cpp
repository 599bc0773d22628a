#include "analyze/winners.hpp"

#include <gtest/gtest.h>

#include "analyze/analysis.hpp"
#include "analyze/verdict.hpp"
#include "support/sample_records.hpp"

namespace bantam::analyze {
namespace {

using record::Record;
using support::exact;
using support::measured;
using support::performance;

// Null when there was no contest.
const Winner* find(const Analysis& analysis, const std::string& metric) {
  for (const Winner& winner : analysis.winners) {
    if (winner.metric == metric) return &winner;
  }
  return nullptr;
}

TEST(winners, clear_ones_and_shared_ones) {
  const auto analysis =
      analyze({performance("nano", "fp16", 16, 500, 0.080), performance("nano", "int8", 8, 890, 0.1),
               performance("nano", "int4", 4, 900, 0.1)});
  const Winner* ttft = find(*analysis, "ttft_s");
  ASSERT_NE(ttft, nullptr);
  EXPECT_EQ(ttft->best, 0U);
  EXPECT_TRUE(ttft->decided());
  const Winner* decode = find(*analysis, "decode_tokens_per_s");
  EXPECT_EQ(decode->best, 2U);
  EXPECT_EQ(decode->sharing, std::vector<std::size_t>{1}) << "890 and 900, each within 1 %";
  EXPECT_EQ(find(*analysis, "file_bytes")->best, 2U);
  EXPECT_EQ(find(*analysis, "private_peak_bytes"), nullptr) << "a part of the need is no merit";
  EXPECT_EQ(find(*analysis, "pss_peak_bytes")->best, 2U);
  EXPECT_EQ(find(*analysis, "parameters"), nullptr) << "neither more nor fewer is better";
}

TEST(winners, failed_values_never_win_and_one_value_is_no_contest) {
  Record failed = performance("nano", "int4", 4, 900, 0.01);
  failed.outcome = record::Outcome::failed;
  const auto two =
      analyze({performance("nano", "fp16", 16, 500, 0.08), performance("nano", "int8", 8, 700, 0.1), failed});
  EXPECT_EQ(find(*two, "decode_tokens_per_s")->best, 1U);
  EXPECT_EQ(find(*two, "ttft_s")->best, 0U);
  const auto one = analyze({performance("nano", "fp16", 16, 500, 0.08), failed});
  EXPECT_EQ(find(*one, "ttft_s"), nullptr);
}

TEST(winners, encoders_compete_among_themselves) {
  const auto encoder = [](const char* precision, double bits, double seconds) {
    Record record = performance("minilm", precision, bits, 1, 1);
    record.metrics.erase("ttft_s");
    record.metrics["sequence_latency_s"] = measured(seconds, seconds * 0.99, seconds * 1.01);
    return record;
  };
  const auto analysis =
      analyze({performance("nano", "fp16", 16, 500, 0.1), performance("nano", "int4", 4, 900, 0.1),
               encoder("fp16", 3, 0.1), encoder("int4", 2, 0.2)});
  std::vector<std::size_t> smallest;
  for (const Winner& winner : analysis->winners) {
    if (winner.metric == "file_bytes") smallest.push_back(winner.best);
  }
  EXPECT_EQ(smallest, (std::vector<std::size_t>{1, 3}));
}

TEST(winners, a_model_without_answers_is_neither_best_nor_like_the_best) {
  std::vector<Record> records;
  for (const char* precision : {"fp16", "int8", "int4"})
    records.push_back(support::accuracy("nano", precision, "qa", 0.0, 0.0, 0.28, 10));
  for (Record& record : records) record.metrics["empty"] = {0.0, {}, {}, 10};
  records[2].metrics["empty"].value = 10.0;
  const auto analysis = analyze(records);
  const Winner* acc = find(*analysis, "acc");
  ASSERT_NE(acc, nullptr);
  EXPECT_EQ(acc->best, 0U);
  EXPECT_EQ(acc->sharing, std::vector<std::size_t>{1});
}

TEST(winners, no_best_is_named_across_machines_or_settings) {
  auto records = std::vector<Record>{performance("nano", "fp16", 16, 500, 0.08),
                                     performance("nano", "int4", 4, 900, 0.1)};
  records[0].device = base::Json{{"identity", "aaaa"}};
  records[1].device = base::Json{{"identity", "bbbb"}};
  const auto analysis = analyze(records);
  EXPECT_EQ(find(*analysis, "ttft_s"), nullptr);
  EXPECT_NE(find(*analysis, "file_bytes"), nullptr);
  EXPECT_EQ(analysis->notes,
            std::vector<std::string>{"performance: no best is named, measured on different machines"});
}

TEST(compare, decides_only_what_the_figures_can_tell) {
  const metric::Metric& ttft = *metric::find_metric("ttft_s");
  const metric::Metric& memory = *metric::find_metric("pss_peak_bytes");
  const metric::Metric& size = *metric::find_metric("file_bytes");
  EXPECT_EQ(compare(ttft, measured(1, 0.9, 1.1), measured(2, 1.9, 2.1)), Verdict::better);
  EXPECT_EQ(compare(ttft, measured(2, 1.9, 2.1), measured(1, 0.9, 1.1)), Verdict::worse);
  EXPECT_EQ(compare(ttft, measured(1, 0.9, 1.1), measured(1.15, 1.1, 1.2)), Verdict::undecided)
      << "they touch";
  EXPECT_EQ(compare(ttft, exact(1), measured(2, 1.9, 2.1)), Verdict::undecided) << "no interval, no verdict";
  EXPECT_EQ(compare(memory, exact(100e6), exact(101.9e6)), Verdict::undecided);
  EXPECT_EQ(compare(memory, exact(100e6), exact(103e6)), Verdict::better);
  EXPECT_EQ(compare(memory, exact(1e6), exact(2e6)), Verdict::undecided) << "less than a MiB apart";
  EXPECT_EQ(compare(size, exact(1000), exact(1001)), Verdict::better);
  EXPECT_EQ(compare(size, exact(1000), exact(1000)), Verdict::equal);
  EXPECT_EQ(compare(*metric::find_metric("parameters"), exact(1), exact(2)), Verdict::undecided);
}

}  // namespace
}  // namespace bantam::analyze
