#include "analyze/change.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "analyze/analysis.hpp"
#include "record/block.hpp"
#include "support/sample_records.hpp"

namespace bantam::analyze {
namespace {

using record::BlockFigures;
using record::Record;
using testing::HasSubstr;

constexpr const char* kDecode = "decode_tokens_per_s";

Configuration configuration(Record record) {
  Configuration one{record.model, record.precision, {}, false};
  one.cells.emplace("performance", std::move(record));
  return one;
}

// A cell whose blocks have these decode rates, one per round.
Configuration decoding(const std::vector<double>& rates, const std::string& series = "one") {
  Record record = support::performance("nano", "int8", 16, rates.front(), 0.1);
  std::vector<BlockFigures> blocks;
  for (const double rate : rates) blocks.push_back({std::ssize(blocks), series, {}, {{kDecode, rate}}});
  record::set_block_figures(record, blocks);
  return configuration(record);
}

Change change(const Configuration& one, const Configuration& other) {
  return find_change(*metric::find_metric(kDecode), one, other).value();
}

TEST(change, one_round_after_the_other_is_paired) {
  // The machine is half as fast in every second round; the ratio is 1.1 in each.
  const std::vector<double> base{100, 50, 100, 50, 100, 50};
  std::vector<double> faster;
  for (const double rate : base) faster.push_back(1.1 * rate);
  const Change found = change(decoding(faster), decoding(base));
  EXPECT_NEAR(found.ratio, 1.1, 1e-12);
  EXPECT_EQ(found.rounds, 6);
  EXPECT_EQ(found.verdict, Verdict::better);
  EXPECT_FALSE(found.doubt);
  EXPECT_EQ(change(decoding(base), decoding(faster)).verdict, Verdict::worse);
}

TEST(change, too_few_rounds_decide_nothing) {
  const Change found = change(decoding({110, 110, 110}), decoding({100, 100, 100}));
  EXPECT_EQ(found.verdict, Verdict::undecided);
  EXPECT_FALSE(found.interval);
  EXPECT_THAT(*found.doubt, HasSubstr("3 rounds were measured side by side, 4 are needed"));
}

// By hand: logs ±0.02 around 0.005; t(3, 0.985) = 3.896, standard error 0.02 / √3: ±0.045. To be within 0.01
// (the finest difference that is looked for) when widened by half takes 4 · (1.5 · 0.045 / 0.01)² = 183
// rounds.
TEST(change, says_how_many_rounds_would_tell) {
  std::vector<double> rates;
  for (const double sign : {1.0, -1.0, 1.0, -1.0}) rates.push_back(100.0 * std::exp(0.005 + 0.02 * sign));
  const Change found = change(decoding(rates), decoding({100, 100, 100, 100}));
  EXPECT_EQ(found.verdict, Verdict::undecided);
  EXPECT_THAT(*found.doubt, HasSubstr("not told by 4 rounds, about 179 more would tell"));
}

TEST(change, rounds_of_another_series_and_disturbed_blocks_are_not_paired) {
  Configuration one = decoding({110, 110, 110, 110, 500});
  auto blocks = record::block_figures(one.cells.at("performance"));
  blocks[4].reasons = {"other programs used 40 % of the CPU time"};
  record::set_block_figures(one.cells.at("performance"), blocks);
  const Change found = change(one, decoding({100, 100, 100, 100, 100}));
  EXPECT_EQ(found.rounds, 4);
  EXPECT_NEAR(found.ratio, 1.1, 1e-12);
  EXPECT_EQ(change(one, decoding({100, 100, 100, 100, 100}, "another start of the machine")).rounds, 0);
}

// What was measured apart may differ by a tenth for no reason.
TEST(change, measured_apart_only_a_clear_difference_counts) {
  const auto apart = [](double rate) {
    Configuration one = decoding(std::vector<double>(6, rate), "today");
    Configuration other = decoding(std::vector<double>(6, 100.0), "yesterday");
    return change(one, other);
  };
  EXPECT_EQ(apart(108).verdict, Verdict::undecided);
  EXPECT_THAT(*apart(108).doubt, HasSubstr("not measured side by side"));
  EXPECT_EQ(apart(150).verdict, Verdict::better);
  EXPECT_EQ(apart(60).verdict, Verdict::worse);
}

TEST(change, figures_of_one_process_each_decide_nothing) {
  Record one = support::performance("nano", "int4", 4, 900, 0.1);
  Record other = support::performance("nano", "fp16", 16, 500, 0.1);
  one.task_info.erase("blocks");
  other.task_info.erase("blocks");
  const Change found = change(configuration(one), configuration(other));
  EXPECT_EQ(found.verdict, Verdict::undecided);
  EXPECT_THAT(*found.doubt, HasSubstr("--retry"));
}

}  // namespace
}  // namespace bantam::analyze
