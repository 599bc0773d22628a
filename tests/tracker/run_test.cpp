#include "tracker/run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tracker/sample_runs.hpp"

namespace bantam::tracker {
namespace {

using support::sample_records;
using support::sample_runs;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

std::map<std::string, double> values_of(const Run& run) {
  std::map<std::string, double> all;
  for (const Figure& figure : run.figures) {
    for (const auto& [name, value] : named_values(figure)) all[name] = value;
  }
  return all;
}

TEST(TrackerRuns, AreOnePerModelAndPrecision) {
  const Runs runs = sample_runs();
  ASSERT_EQ(runs.runs.size(), 2U);
  EXPECT_EQ(runs.runs[0].setup(), "fp16");
  EXPECT_EQ(runs.runs[1].setup(), "int8");
  EXPECT_EQ(runs.runs[0].device, "Example CPU");
  EXPECT_EQ(runs.runs[1].device, "unknown device");
  EXPECT_EQ(runs.runs[0].started_at, "2026-01-31T12:00:00Z");
  EXPECT_EQ(runs.runs[0].finished_at, "2026-01-31T12:02:00Z");
  EXPECT_FALSE(runs_of({}, {}));
}

TEST(TrackerRuns, FiguresHaveTheirNamesAndEnds) {
  const auto values = values_of(sample_runs().runs[0]);
  EXPECT_THAT(values, Contains(Pair("performance/ttft_s", 0.04)));
  EXPECT_THAT(values, Contains(Pair("performance/ttft_s_low", 0.04 * 0.99)));
  EXPECT_THAT(values, Contains(Pair("performance/ttft_s_high", 0.04 * 1.01)));
  EXPECT_THAT(values, Contains(Pair("performance/file_bytes", 2e6)));
  EXPECT_THAT(values, Contains(Pair("qa/acc", 0.75)));
  EXPECT_THAT(values, Contains(Pair("qa/acc_stderr", 0.01)));
  EXPECT_THAT(values, Contains(Pair("qa/exact_match/strict-match", 0.5)));
  EXPECT_THAT(values, Contains(Pair("qa/qa_easy/acc", 0.9)));
  EXPECT_FALSE(values.contains("performance/file_bytes_low"));
}

TEST(TrackerRuns, FailedCellsHaveNoFigureAndSayWhy) {
  const tracker::Run run = sample_runs().runs[1];
  EXPECT_THAT(values_of(run), ElementsAre(Pair("mmlu/acc", 0.25)));
  EXPECT_EQ(run.cells.at("performance").text, "failed: SIGILL");
  EXPECT_EQ(run.config["cells"]["performance"]["outcome"], "failed: SIGILL");
  EXPECT_TRUE(run.has_ok);
}

TEST(TrackerRuns, ImportedResultsAreMarked) {
  const Runs runs = sample_runs();
  EXPECT_EQ(runs.runs[0].evidence, "measured");
  EXPECT_EQ(runs.runs[1].evidence, "mixed");
  EXPECT_TRUE(runs.runs[1].figures[0].is_imported);
  EXPECT_EQ(runs.runs[1].cells.at("mmlu").evidence, "imported from SLiM-Eval");
  EXPECT_EQ(runs.runs[1].config["cells"]["mmlu"]["imported"]["caveats"]["acc"], "of few items");
}

TEST(TrackerRuns, AbsentFiguresStandWithTheirReason) {
  const tracker::Run run = sample_runs().runs[0];
  EXPECT_EQ(run.config["cells"]["performance"]["absent"]["device_memory_bytes"], "no accelerator is used");
  EXPECT_FALSE(values_of(run).contains("performance/device_memory_bytes"));
  EXPECT_FALSE(run.config["engine"].contains("chat_template"));
}

TEST(TrackerRuns, RoundsAreSteps) {
  auto records = sample_records();
  auto rounds = record::block_figures(records[0]);
  rounds[1].reasons = {"others took 30 % of the CPU"};
  record::set_block_figures(records[0], rounds);
  const auto blocks = [](const std::string&, std::int64_t) -> base::Result<std::vector<record::Block>> {
    record::Block block;
    block.round = 2;
    block.started_at = "2026-01-31T12:00:10Z";
    block.wall_s = 3.5;
    return std::vector{block};
  };
  const auto runs = runs_of(records, blocks);
  ASSERT_TRUE(runs);
  const std::vector<Step>& steps = runs->runs[0].steps;
  ASSERT_EQ(steps.size(), 6U);
  EXPECT_EQ(steps[0].round, 0);
  EXPECT_DOUBLE_EQ(steps[0].values.at("ttft_s"), 0.04);
  EXPECT_FALSE(steps[1].counts);
  EXPECT_TRUE(steps[1].values.empty());
  EXPECT_EQ(steps[2].time_s, 1769860813);  // 12:00:13
  EXPECT_FALSE(steps[3].time_s);
  EXPECT_TRUE(runs->runs[1].steps.empty());
}

TEST(TrackerRuns, ErrorsOfTheStoreArePassedOn) {
  const auto broken = [](const std::string&, std::int64_t) -> base::Result<std::vector<record::Block>> {
    return base::fail(base::ErrorKind::integrity, "a block is not what was written");
  };
  const auto runs = runs_of(sample_records(), broken);
  ASSERT_FALSE(runs);
  EXPECT_EQ(runs.error().kind, base::ErrorKind::integrity);
}

TEST(TrackerRuns, KeysStayWhenMoreIsMeasuredAndHashesOfResultsDoNot) {
  auto records = sample_records();
  const Runs all = sample_runs();
  records.erase(records.begin() + 1);
  const auto fewer = runs_of(records, {});
  ASSERT_TRUE(fewer);
  EXPECT_EQ(fewer->runs[0].key, all.runs[0].key);
  EXPECT_NE(fewer->runs[0].results, all.runs[0].results);
  EXPECT_EQ(fewer->runs[1].results, all.runs[1].results);
  EXPECT_NE(all.runs[0].key, all.runs[1].key);
}

TEST(TrackerRuns, FoldersOfTheMachineAndSecretsAreLeftOut) {
  auto records = sample_records();
  for (record::Record& record : records) record.model = "/home/ada/models/nano.gguf";
  records[0].reference = "/home/ada/models/nano.gguf";
  records[0].settings["engine"]["draft"] = "/home/ada/draft.gguf";
  records[2].failure->message = "cannot open /home/ada/models/nano.gguf";
  records[2].failure->signal.reset();
  records[1].settings["accuracy"]["hf_token"] = "hf_abcdefgh12345678";
  const auto runs = runs_of(records, {});
  ASSERT_TRUE(runs);
  for (const tracker::Run& run : runs->runs) {
    EXPECT_THAT(base::to_text(run.config), Not(HasSubstr("ada")));
    EXPECT_THAT(base::to_text(run.config), Not(HasSubstr("hf_abc")));
    EXPECT_EQ(run.model, "nano.gguf");
    for (const auto& [task, cell] : run.cells) EXPECT_THAT(cell.text, Not(HasSubstr("ada")));
  }
}

TEST(FigureName, HasNothingThatATrackerDoesNotTake) {
  const std::string odd = figure_name("mein/../Task ü", "", "acc");
  EXPECT_EQ(odd.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./"),
            std::string::npos);
  EXPECT_EQ(std::ranges::count(odd, '/'), 1);
  EXPECT_NE(figure_name("a b", "", "acc"), figure_name("a_b", "", "acc"));
  EXPECT_NE(figure_name("..", "", "acc"), "../acc");
  EXPECT_EQ(figure_name("gsm8k", "", "exact_match,strict-match"), "gsm8k/exact_match/strict-match");
  EXPECT_LE(figure_name(std::string(400, 't'), "", "acc").size(), 240U);
  EXPECT_NE(figure_name(std::string(400, 't'), "", "acc"), figure_name(std::string(401, 't'), "", "acc"));
}

TEST(RunName, IsMadeOfATemplate) {
  tracker::Run run = sample_runs().runs[0];
  EXPECT_EQ(name_from(kUsualName, run), "nano fp16");
  EXPECT_EQ(name_from("{precision} of {model} on {device}", run), "fp16 of nano on Example CPU");
  EXPECT_EQ(name_from("plain", run), "plain");
  run.point = "threads=2";
  EXPECT_EQ(name_from(kUsualName, run), "nano fp16 threads=2");
  EXPECT_EQ(name_from("{point}: {model}", run), "threads=2: nano");
}

TEST(RunName, OtherPlaceHoldersAreRefused) {
  EXPECT_TRUE(check_name_template(kUsualName));
  const auto unknown = check_name_template("{model} {date}");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind, base::ErrorKind::usage);
  EXPECT_THAT(unknown.error().message, HasSubstr("{date}"));
  for (const char* text : {"{model", "model}", "{", "}", "{{model}}", "{}"})
    EXPECT_FALSE(check_name_template(text)) << text;
}

TEST(RunName, OfSeveralRunsTellsThemApart) {
  const Runs runs = sample_runs();
  EXPECT_EQ(name_among("slim", runs.runs[0], runs), "slim nano fp16");
  EXPECT_EQ(name_among("{precision}", runs.runs[0], runs), "fp16");
  Runs one = runs;
  one.runs.pop_back();
  EXPECT_EQ(name_among("slim", one.runs[0], one), "slim");
}

TEST(Flattened, NamesEachSettingByItsPath) {
  EXPECT_THAT(flattened({{"engine", {{"threads", 2}, {"draft", "lookup"}}}, {"list", {1, 2}}, {"on", true}}),
              ElementsAre(Pair("engine.threads", "2"), Pair("engine.draft", "lookup"), Pair("list", "[1,2]"),
                          Pair("on", "true")));
}

}  // namespace
}  // namespace bantam::tracker
