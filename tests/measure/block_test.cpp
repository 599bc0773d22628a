#include "measure/block.hpp"

#include <gtest/gtest.h>

#include "measure/judge_trials.hpp"
#include "support/fake_tree.hpp"

namespace bantam::measure {
namespace {

TEST(GatesFor, OptionsOfTheirOwnAndGatesByName) {
  plan::PerformanceSettings settings;
  EXPECT_EQ(gates_for(settings).steal_share.invalid_above, 0.1);
  EXPECT_EQ(gates_for(settings).others_share.invalid_above, 0.1);
  EXPECT_EQ(gates_for(settings).spin_drift.invalid_above, 0.1);
  EXPECT_FALSE(gates_for(settings).major_faults.invalid_above);
  EXPECT_FALSE(gates_for(settings).throttle_events.invalid_above);
  settings.max_disturbance = 0.3;
  settings.gates = {"steal=0.02", "paging=10", "swap=0", "throttle=3", "drift=off", "pauses=1"};
  const Gates gates = gates_for(settings);
  EXPECT_EQ(gates.steal_share.invalid_above, 0.02);
  EXPECT_EQ(gates.others_share.invalid_above, 0.3);
  EXPECT_EQ(gates.major_faults.invalid_above, 10.0);
  EXPECT_EQ(gates.swapped_in_pages.invalid_above, 0.0);
  EXPECT_EQ(gates.throttle_events.invalid_above, 3.0);
  EXPECT_EQ(gates.paused_runs.invalid_above, 1.0);
  EXPECT_FALSE(gates.spin_drift.invalid_above);
}

TEST(GatesFor, ABlockThatPagedDoesNotCountWhereItsGateSaysSo) {
  record::Trial trial;
  trial.scenario = "single_stream";
  trial.counters = {{"major_faults", 11}};
  plan::PerformanceSettings settings;
  EXPECT_TRUE(judge_block({&trial}, gates_for(settings)).reasons.empty());
  settings.gates = {"paging=10"};
  EXPECT_EQ(judge_block({&trial}, gates_for(settings)).reasons.size(), 1U);
  settings.gates = {"paging=11"};
  EXPECT_TRUE(judge_block({&trial}, gates_for(settings)).reasons.empty());
}

TEST(GatesFor, PausedRuns) {
  std::vector<record::Trial> trials(2);
  for (record::Trial& trial : trials) {
    trial.scenario = "single_stream";
    trial.counters = {{"stops", 1}};
  }
  plan::PerformanceSettings settings;
  const auto reasons = [&] {
    return judge_block({&trials[0], &trials[1]}, gates_for(settings)).reasons.size();
  };
  EXPECT_EQ(reasons(), 0U);
  settings.gates = {"pauses=1"};
  EXPECT_EQ(reasons(), 1U);
  settings.gates = {"pauses=off"};
  EXPECT_EQ(reasons(), 0U);
}

TEST(RoundsForLoading, LoadingIsAtMostAThirdOfABlockWhileFourCanBeHad) {
  EXPECT_EQ(rounds_for_loading(60.0, 3.0), 10);
  EXPECT_EQ(rounds_for_loading(60.0, 4.0), 7);  // blocks of 8.6 s and more
  EXPECT_EQ(rounds_for_loading(60.0, 100.0), 4);
}

TEST(BlockSettings, RoundsShareTheWholeBudget) {
  plan::PerformanceSettings settings;
  settings.max_seconds = 30.0;
  for (const std::int64_t sharing : {4, 7, 10}) {
    double sum = 0.0;
    for (std::int64_t round = 0; round < sharing; ++round)
      sum += block_settings(settings, round, sharing).max_seconds;
    EXPECT_NEAR(sum, 30.0, 1e-9) << sharing;
  }
  EXPECT_NEAR(block_settings(settings, 5).max_seconds, 3.0, 1e-9);
  settings.rounds = 3;
  EXPECT_NEAR(block_settings(settings, 2, 4).max_seconds, 10.0, 1e-9) << "a number that is asked for stays";
}

TEST(WaitUntilCool, WaitsForTheHottestZoneButNotForever) {
  support::FakeTree tree;
  const auto zone = [&tree](const char* name, const char* millidegrees) {
    tree.add(std::string("sys/class/thermal/") + name + "/temp", millidegrees);
  };
  zone("thermal_zone0", "40000");
  zone("thermal_zone1", "71000");
  int ticks = 0;
  const auto cool_down = [&]() -> base::Status {
    ++ticks;
    zone("thermal_zone1", "52000");
    return {};
  };
  EXPECT_EQ(wait_until_cool(55.0, 60.0, cool_down, tree.root()).value(), 52.0);
  EXPECT_EQ(ticks, 1);
  const auto nothing = []() -> base::Status { return {}; };
  EXPECT_EQ(wait_until_cool(30.0, 0.0, nothing, tree.root()).value(), 52.0) << "the time is up";
  EXPECT_EQ(wait_until_cool(30.0, 60.0, nothing, tree.root() / "elsewhere").value(), std::nullopt);
  const auto stopped = wait_until_cool(
      30.0, 60.0, []() -> base::Status { return base::fail(base::ErrorKind::interrupted, "stopped"); },
      tree.root());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().kind, base::ErrorKind::interrupted);
}

}  // namespace
}  // namespace bantam::measure
