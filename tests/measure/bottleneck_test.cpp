#include "measure/bottleneck.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "measure/load.hpp"
#include "record/scenario.hpp"

namespace bantam::measure {
namespace {

using ::testing::HasSubstr;

constexpr double kBandwidth = 10e9;    // bytes per second
constexpr double kMatrixRate = 100e9;  // operations per second

// An engine whose time for a token follows from what it is made of: the longest of reading and computing, and
// what comes on top of both.
struct SyntheticEngine {
  double bytes = 0.0;
  double operations = 0.0;
  double overhead_s = 0.0;
  double stalled_s = 0.0;  // of a token, waiting for pages from the disk
  std::int64_t pages = 0;  // of a token

  double token_s() const {
    return std::max(bytes / kBandwidth, operations / kMatrixRate) + overhead_s + stalled_s;
  }
  PhaseWork work() const {
    return {bytes, operations, std::max(bytes / kBandwidth, operations / kMatrixRate), 0.5 * overhead_s};
  }
  // Three runs of 64 tokens.
  std::vector<record::Trial> trials() const {
    constexpr std::int64_t kTokens = 64;
    std::vector<record::Trial> all;
    for (int run = 0; run < 4; ++run) {
      record::Trial trial;
      trial.scenario = record::kGeneration;
      trial.warmup = run == 0;
      trial.tokens = kTokens;
      trial.wall_s = token_s() * kTokens;
      trial.counters = {{"user_s", 1.9 * trial.wall_s},
                        {"system_s", 0.1 * trial.wall_s},
                        {"major_faults", pages * kTokens},
                        {"io_stall_s", stalled_s * kTokens},
                        {"memory_stall_s", 0.0}};
      all.push_back(std::move(trial));
    }
    return all;
  }
  PhaseVerdict verdict() const {
    const WorkFacts facts{kBandwidth, kMatrixRate, {}, work()};
    const auto verdict = judge_phase(phase_seen(trials(), record::kGeneration), work(), facts);
    EXPECT_TRUE(verdict) << verdict.error().message;
    return verdict.value_or(PhaseVerdict{});
  }
};

TEST(Bottleneck, AnEngineThatIsBoundByConstructionGetsThatVerdict) {
  const SyntheticEngine reading{.bytes = 1e9, .operations = 1e9, .overhead_s = 0.01};
  EXPECT_EQ(reading.verdict().bound, Bound::memory_bandwidth);
  EXPECT_NEAR(reading.verdict().share, 0.1 / 0.11, 1e-9);
  EXPECT_THAT(reading.verdict().reason, HasSubstr("91 %"));
  EXPECT_THAT(reading.verdict().remedies.front(), HasSubstr("up to 1.8x faster"));  // 0.11 / (0.11 - 0.05)

  const SyntheticEngine computing{.bytes = 1e8, .operations = 9e9, .overhead_s = 0.01};
  EXPECT_EQ(computing.verdict().bound, Bound::compute);
  EXPECT_NEAR(computing.verdict().share, 0.9, 1e-9);

  const SyntheticEngine starting{.bytes = 1e6, .operations = 1e6, .overhead_s = 0.002};
  EXPECT_EQ(starting.verdict().bound, Bound::overhead);

  const SyntheticEngine paging{.bytes = 1e9, .operations = 1e9, .stalled_s = 0.4, .pages = 500};
  EXPECT_EQ(paging.verdict().bound, Bound::paging);
  EXPECT_NEAR(paging.verdict().share, 0.8, 1e-9);
}

TEST(Bottleneck, ThrottlingExplainsASlowPhaseBeforeItsParts) {
  SyntheticEngine engine{.bytes = 1e9, .operations = 1e9};
  auto trials = engine.trials();
  trials.back().counters["throttle_events"] = 3;
  for (record::Trial& trial : trials) {
    if (!trial.counters.contains("throttle_events")) trial.counters["throttle_events"] = 0;
  }
  const WorkFacts facts{kBandwidth, kMatrixRate, {}, engine.work()};
  EXPECT_EQ(judge_phase(phase_seen(trials, record::kGeneration), engine.work(), facts)->bound,
            Bound::throttling);
}

TEST(Bottleneck, AFewPagesOrWaitsAloneAreNoPaging) {
  EXPECT_EQ(
      (SyntheticEngine{.bytes = 1e9, .operations = 1e9, .stalled_s = 0.001, .pages = 500}.verdict().bound),
      Bound::memory_bandwidth);
  EXPECT_NE((SyntheticEngine{.bytes = 1e9, .operations = 1e9, .stalled_s = 0.4, .pages = 0}.verdict().bound),
            Bound::paging);
}

TEST(Bottleneck, WeightsThatACacheHoldsAreNotHeldUpByMainMemory) {
  SyntheticEngine engine{.bytes = 1e9, .operations = 1e9};
  auto trials = engine.trials();
  for (record::Trial& trial : trials) trial.wall_s /= 5.0;  // read at 50 GB/s, where main memory gives 10
  PhaseWork work = engine.work();
  work.kernels_s = 0.018;
  const WorkFacts facts{kBandwidth, kMatrixRate, {}, work};
  EXPECT_EQ(judge_phase(phase_seen(trials, record::kGeneration), work, facts)->bound, Bound::compute);
}

TEST(Bottleneck, SharesAreWhatTheirNamesSay) {
  PhaseSeen seen;
  seen.scenario = record::kPrompt;
  seen.steps = 4;
  seen.wall_s = 8.0;
  const PhaseWork work{5e9, 40e9, 1.0, 0.1};
  EXPECT_DOUBLE_EQ(bandwidth_share(seen, work, 10e9), 0.25);  // 5 GB in 2 s of 10 GB/s
  EXPECT_DOUBLE_EQ(compute_share(seen, work, 80e9), 0.25);    // 40 G in 2 s of 80 G/s
}

TEST(Bottleneck, WhatIsNotKnownIsNotJudged) {
  PhaseSeen seen;
  seen.scenario = record::kGeneration;
  const WorkFacts facts{kBandwidth, kMatrixRate, {}, {}};
  EXPECT_THAT(judge_phase(seen, {}, facts).error().message, HasSubstr("no tg trial was counted"));
  seen.steps = 1;
  seen.wall_s = 1.0;
  EXPECT_THAT(judge_phase(seen, {}, {}).error().message, HasSubstr("read bandwidth"));
  // A counter that one trial lacks is not known of all.
  SyntheticEngine engine{.bytes = 1e9};
  auto trials = engine.trials();
  trials.back().counters.erase("io_stall_s");
  const PhaseSeen partly = phase_seen(trials, record::kGeneration);
  EXPECT_EQ(partly.trials, 3) << "the warm-up does not count";
  EXPECT_EQ(partly.steps, 192);
  EXPECT_FALSE(partly.io_stall_s);
  EXPECT_TRUE(partly.cpu_s);
}

record::Trial load(double wall_s, double cpu_s, std::int64_t disk_bytes) {
  record::Trial trial;
  trial.scenario = kLoadCold;
  trial.wall_s = wall_s;
  trial.counters = {{"user_s", cpu_s}, {"system_s", 0.0}, {"disk_read_bytes", disk_bytes}};
  return trial;
}

TEST(Bottleneck, ALoadWaitsForTheDiskOrForItsOwnWork) {
  const auto bound = [](const record::Trial& trial) {
    return judge_load(phase_seen({trial}, kLoadCold))->bound;
  };
  EXPECT_EQ(bound(load(4.0, 0.8, 1'000'000'000)), Bound::disk);
  EXPECT_EQ(bound(load(4.0, 3.9, 1'000'000'000)), Bound::compute) << "rearranging weights takes longer";
  EXPECT_EQ(bound(load(4.0, 0.8, 0)), Bound::overhead);
  EXPECT_FALSE(judge_load(phase_seen({}, kLoadCold)));
}

}  // namespace
}  // namespace bantam::measure
