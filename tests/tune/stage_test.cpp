#include "tune/stage.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "record/block.hpp"

namespace bantam::tune {
namespace {

using analyze::Configuration;
using ::testing::HasSubstr;

const metric::Metric& latency() {
  return *metric::find_metric("e2e_latency_s");
}

// A cell whose latency was measured in rounds side by side with others of this series.
Configuration measured(const std::string& label, const std::vector<double>& seconds,
                       double memory_bytes = 1e6) {
  record::Record record;
  record.task = "performance";
  record.point = label;
  record.metrics["e2e_latency_s"] = {seconds.front(), {}, {}, {}};
  record.metrics["pss_peak_bytes"] = {memory_bytes, {}, {}, {}};
  std::vector<record::BlockFigures> blocks;
  for (std::size_t i = 0; i < seconds.size(); ++i)
    blocks.push_back({static_cast<std::int64_t>(i), "s", {}, {{"e2e_latency_s", seconds[i]}}});
  record::set_block_figures(record, blocks);
  return {"m", "int4", {{"performance", record}}, false, label};
}

// As many rounds as a comparison takes, each within 0.1 % of `seconds`.
std::vector<double> around(double seconds) {
  return {seconds * 1.001, seconds, seconds * 0.999, seconds, seconds * 1.0005, seconds * 0.9995};
}

Stage stage_of(const std::vector<std::string>& labels) {
  Stage stage{.knob = "threads", .before = {.label = "threads=2", .flags = {}, .engine = {}}};
  for (const std::string& label : labels)
    stage.contenders.push_back(
        {.choice = {label, {}, {}}, .change = {}, .memory_bytes = {}, .damage = {}, .refused = {}});
  return stage;
}

TEST(TuneStage, TakesTheFastestThatIsShownToBeFaster) {
  Stage stage = stage_of({"threads=1", "threads=4", "threads=8"});
  judge(stage,
        {measured("threads=2", around(1.0)), measured("threads=1", around(1.2)),
         measured("threads=4", around(0.9)), measured("threads=8", around(0.8))},
        latency(), {});
  EXPECT_EQ(best(stage, latency()), 2U);
  EXPECT_EQ(stage.rounds, 6);
  EXPECT_NEAR(stage.contenders[2].change->factor(latency()), 1.25, 0.001);
}

// Noise is no reason to change a setting.
TEST(TuneStage, KeepsTheSettingsWhereNothingIsShown) {
  Stage stage = stage_of({"threads=1"});
  judge(stage,
        {measured("threads=2", {1.0, 1.0, 1.0, 1.0, 1.0, 1.0}),
         measured("threads=1", {0.8, 1.2, 0.7, 1.1, 0.9, 1.15})},
        latency(), {});
  EXPECT_FALSE(best(stage, latency()));
}

TEST(TuneStage, WhatNeedsTooMuchMemoryIsRefused) {
  Stage stage = stage_of({"fast"});
  const Limits limits{.memory_bytes = 2e6};
  judge(stage, {measured("so far", around(1.0)), measured("fast", around(0.5), 3e6)}, latency(), limits);
  EXPECT_FALSE(best(stage, latency()));
  EXPECT_THAT(*stage.contenders[0].refused, HasSubstr("more than"));
}

// Settings that break the limit cannot stay: the fastest of the others replaces them, even if it is slower.
TEST(TuneStage, SettingsBeyondTheLimitAreLeft) {
  Stage stage = stage_of({"slow", "slower"});
  const Limits limits{.memory_bytes = 2e6};
  judge(
      stage,
      {measured("so far", around(1.0), 3e6), measured("slow", around(1.1)), measured("slower", around(1.3))},
      latency(), limits);
  EXPECT_EQ(best(stage, latency()), 0U);
}

TEST(TuneStage, ACellThatFailedIsRefused) {
  Stage stage = stage_of({"bad", "missing"});
  Configuration bad = measured("bad", around(0.5));
  bad.cells.at("performance").outcome = record::Outcome::failed;
  bad.cells.at("performance").failure = record::Failure{"worker", "it died", "SIGILL"};
  judge(stage, {measured("so far", around(1.0)), bad}, latency(), {});
  EXPECT_THAT(*stage.contenders[0].refused, HasSubstr("SIGILL"));
  EXPECT_EQ(stage.contenders[1].refused, "not measured");
  EXPECT_FALSE(best(stage, latency()));
}

Configuration disturbed(const std::string& label) {
  Configuration configuration = measured(label, {1.0, 1.0});
  record::Record& record = configuration.cells.at("performance");
  record.outcome = record::Outcome::invalid;
  record.metrics.clear();
  record::set_block_figures(record, {});
  return configuration;
}

// Another program took the CPU: that says nothing of the settings.
TEST(TuneStage, ADisturbedMeasurementRefusesNothing) {
  Stage stage = stage_of({"threads=1", "threads=4"});
  judge(stage,
        {disturbed("threads=2"), measured("threads=1", around(1.2)), measured("threads=4", around(0.9))},
        latency(), {.memory_bytes = 1e12});
  EXPECT_FALSE(stage.before_refused);
  EXPECT_TRUE(stage.before_not_told);
  EXPECT_FALSE(best(stage, latency()));
  const Verdict untold = conclude({stage}, {}, latency());
  EXPECT_EQ(untold.outcome, Outcome::cannot_tell);
  EXPECT_THAT(untold.sentence, HasSubstr("too few rounds"));
}

// What was disturbed may be the fastest of all: the defaults are not the best as long as that is open.
TEST(TuneVerdict, ADisturbedContenderKeepsTheVerdictOpen) {
  Stage stage = stage_of({"threads=1", "threads=4"});
  judge(stage,
        {measured("threads=2", around(1.0)), measured("threads=1", around(1.2)), disturbed("threads=4")},
        latency(), {});
  EXPECT_FALSE(stage.contenders[1].refused);
  EXPECT_TRUE(stage.contenders[1].not_told);
  EXPECT_EQ(conclude({stage}, {}, latency()).outcome, Outcome::cannot_tell);
}

analyze::Change change(double ratio, double low, double high, analyze::Verdict verdict) {
  analyze::Change change;
  change.ratio = ratio;
  change.interval = stats::Interval{low, high};
  change.rounds = 10;
  change.verdict = verdict;
  return change;
}

Stage tried(double low, double high) {
  Stage stage = stage_of({"x"});
  stage.contenders[0].change = change((low + high) / 2, low, high, analyze::Verdict::undecided);
  return stage;
}

// The verdict is of the rounds that played no part in the search.
// Three rounds have no interval: what looks 25 % faster is worth rounds of its own, what looks slower is not.
TEST(TuneStage, WhatLooksFastestIsPromisingWhereNothingIsTaken) {
  Stage threads = stage_of({"threads=1"});
  judge(threads, {measured("threads=2", {1.0, 1.0, 1.0}), measured("threads=1", {1.5, 1.5, 1.5})}, latency(),
        {});
  Stage draft = stage_of({"draft=lookup", "draft=x"});
  judge(draft,
        {measured("draft=off", {1.0, 1.0, 1.0}), measured("draft=lookup", {0.8, 0.8, 0.8}),
         measured("draft=x", {0.9, 0.9, 0.9})},
        latency(), {});
  const auto found = most_promising({threads, draft}, latency());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->stage, 1U);
  EXPECT_EQ(found->contender, 0U);
  draft.contenders[0].refused = "it needs too much";
  EXPECT_EQ(most_promising({threads, draft}, latency())->contender, 1U);
  // A cache of another type may not be taken before its damage is known.
  draft.is_lossy = true;
  EXPECT_FALSE(most_promising({threads, draft}, latency()));
  draft.is_lossy = false;
  threads.taken = 0;
  EXPECT_FALSE(most_promising({threads, draft}, latency()));
}

// The one that was measured anew is no faster; another may still be, by its interval.
TEST(TuneVerdict, OtherContendersCountWhereNothingWasTaken) {
  Stage draft = stage_of({"draft=lookup", "draft=x"});
  judge(draft,
        {measured("draft=off", {1.0, 1.0, 1.0, 1.0, 1.0, 1.0}),
         measured("draft=lookup", {0.7, 1.2, 0.7, 1.1, 0.7, 1.2}),
         measured("draft=x", {0.9, 1.12, 0.95, 1.1, 0.9, 1.1})},
        latency(), {});
  ASSERT_TRUE(most_promising({draft}, latency()));
  analyze::Change anew;
  anew.ratio = 1.0;
  anew.interval = stats::Interval{0.995, 1.005};
  const Verdict verdict = conclude({draft}, anew, latency());
  EXPECT_EQ(verdict.outcome, Outcome::cannot_tell);
  EXPECT_GT(*verdict.within, 0.05);
}

TEST(TuneStage, WhatIsWithinTwoPercentIsNotPromising) {
  Stage stage = stage_of({"a"});
  judge(stage, {measured("b", {1.0, 1.0, 1.0}), measured("a", {0.99, 0.99, 0.99})}, latency(), {});
  EXPECT_FALSE(most_promising({stage}, latency()));
}

TEST(TuneVerdict, TheGainIsMeasuredAnew) {
  const auto better =
      conclude({tried(0.8, 0.9)}, change(0.9, 0.88, 0.92, analyze::Verdict::better), latency());
  EXPECT_EQ(better.outcome, Outcome::better);
  const auto lost =
      conclude({tried(0.8, 0.9)}, change(0.98, 0.9, 1.05, analyze::Verdict::undecided), latency());
  EXPECT_EQ(lost.outcome, Outcome::cannot_tell);
  const auto none =
      conclude({tried(0.8, 0.9)}, change(1.0, 0.995, 1.005, analyze::Verdict::undecided), latency());
  EXPECT_EQ(none.outcome, Outcome::defaults);
}

// A latency ratio of at least 0.995 is a speed-up of at most 1.005.
TEST(TuneVerdict, DefaultsAreBestWithinWhatTheIntervalsAllow) {
  const auto tight = conclude({tried(0.995, 1.02)}, {}, latency());
  EXPECT_EQ(tight.outcome, Outcome::defaults);
  EXPECT_EQ(tight.sentence, "the defaults are best within 1 %");
  EXPECT_NEAR(*tight.within, 1 / 0.995 - 1.0, 1e-9);
  const auto wide = conclude({tried(0.8, 1.2)}, {}, latency());
  EXPECT_THAT(wide.sentence, HasSubstr("25.0 % at most"));
}

// Faster or not: the defaults cannot stay.
TEST(TuneVerdict, WhatBreaksALimitIsReplaced) {
  Stage stage = tried(0.95, 1.1);
  stage.before_refused = "it needs 3 GiB, more than 2 GiB";
  stage.taken = 0;
  const auto verdict = conclude({stage}, change(1.05, 1.03, 1.07, analyze::Verdict::worse), latency());
  EXPECT_EQ(verdict.outcome, Outcome::within_limit);
  stage.taken.reset();
  stage.contenders[0].refused = "it needs 4 GiB";
  const auto none = conclude({stage}, {}, latency());
  EXPECT_EQ(none.outcome, Outcome::cannot_tell);
  EXPECT_THAT(none.sentence, HasSubstr("3 GiB"));
}

TEST(TuneVerdict, WithoutIntervalsNothingIsTold) {
  Stage stage = stage_of({"x"});
  stage.contenders[0].change = analyze::Change{};
  EXPECT_EQ(conclude({stage}, {}, latency()).outcome, Outcome::cannot_tell);
  EXPECT_EQ(conclude({}, {}, latency()).sentence, "nothing was tried");
}

}  // namespace
}  // namespace bantam::tune
