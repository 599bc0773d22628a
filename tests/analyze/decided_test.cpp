#include "analyze/verdict.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "analyze/analysis.hpp"
#include "support/sample_records.hpp"

namespace bantam::analyze {
namespace {

using record::Item;
using record::Record;

constexpr double kConfidence = 0.9875;

Record staged(const std::string& precision, std::int64_t used) {
  Record record = support::accuracy("nano", precision, "qa", 0.8, 0.7, 0.9, used);
  record.settings = {{"accuracy", {{"until_decided_points", 2.0}}}, {"base_precision", "fp16"}};
  record.task_info["adaptive"] = {{"width", 0.02}, {"metric", "acc"}, {"n_used", used}, {"n_total", 400}};
  return record;
}

Record against_base(const std::string& precision, std::int64_t used, double difference,
                    const std::string& verdict) {
  Record record = staged(precision, used);
  base::Json& adaptive = record.task_info["adaptive"];
  adaptive["difference"] = difference;
  adaptive["interval"] = {
      {"low", difference - 0.01}, {"high", difference + 0.01}, {"confidence", kConfidence}};
  adaptive["verdict"] = verdict;
  adaptive["stopped_because"] = "told";
  adaptive["looks"] = {base::Json::object()};
  return record;
}

// The base has gone to 100 items; int4 stopped at 50 of them, where it had lost 10.
std::map<std::string, std::vector<Item>> items_of_both() {
  return {{"nano/fp16/qa", support::items("qa", 100, 100)}, {"nano/int4/qa", support::items("qa", 50, 40)}};
}

Analysis analysis_of(const std::vector<Record>& records, std::map<std::string, std::vector<Item>> items,
                     const std::string& base = "fp16") {
  const auto source = [&items](const std::string& key) -> base::Result<std::vector<Item>> {
    return items[key];
  };
  return *analyze(records, source, base);
}

TEST(Decided, KeepsTheIntervalAndVerdictOfTheRun) {
  const Analysis analysis =
      analysis_of({staged("fp16", 100), against_base("int4", 50, -0.2, "worse")}, items_of_both());
  const ScoreChange& change = analysis.impacts.at(0).scores.at(0);
  EXPECT_EQ(change.verdict, Verdict::worse);
  EXPECT_EQ(change.n, 50);
  EXPECT_EQ(change.lost, 10);
  EXPECT_DOUBLE_EQ(change.interval->low, -0.21);
  EXPECT_FALSE(change.p) << "McNemar's p holds for a number of items chosen beforehand";
  EXPECT_FALSE(change.detectable);
  EXPECT_EQ(change.decided->stages.total, 400);
}

TEST(Decided, AlikeIsAVerdictOfItsOwn) {
  auto items = items_of_both();
  items["nano/int4/qa"] = support::items("qa", 50, 50);
  const Analysis analysis =
      analysis_of({staged("fp16", 100), against_base("int4", 50, 0.0, "alike")}, std::move(items));
  EXPECT_EQ(analysis.impacts.at(0).scores.at(0).verdict, Verdict::alike);
}

TEST(Decided, RefusesAnotherBaseThanTheRunHad) {
  const Analysis analysis =
      analysis_of({staged("fp16", 100), against_base("int4", 50, -0.2, "worse")}, items_of_both(), "int4");
  EXPECT_TRUE(analysis.impacts.at(0).scores.empty());
  Record int8 = against_base("int8", 50, 0.0, "alike");
  const Analysis other =
      analysis_of({int8, against_base("int4", 50, -0.2, "worse")}, items_of_both(), "int8");
  EXPECT_TRUE(other.impacts.at(0).scores.empty());
  EXPECT_EQ(other.impacts.at(0).refused.at("qa"), "its items were taken until it was decided against fp16");
}

TEST(Decided, RefusesItemsThatDoNotGiveTheDifference) {
  auto items = items_of_both();
  items["nano/fp16/qa"] = support::items("qa", 100, 30);  // of a base that was measured anew
  const Analysis analysis =
      analysis_of({staged("fp16", 100), against_base("int4", 50, -0.2, "worse")}, std::move(items));
  EXPECT_TRUE(analysis.impacts.at(0).scores.empty());
}

TEST(Decided, NoBestIsNamedAmongScoresOnParts) {
  const Analysis analysis =
      analysis_of({staged("fp16", 100), against_base("int4", 50, -0.2, "worse")}, items_of_both());
  EXPECT_TRUE(std::ranges::none_of(analysis.winners, [](const Winner& w) { return w.task == "qa"; }));
  EXPECT_EQ(analysis.notes.back(), "qa: no best is named, items were taken until each was decided");
}

}  // namespace
}  // namespace bantam::analyze
