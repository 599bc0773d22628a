#include "measure/open_loop.hpp"

#include <gtest/gtest.h>

#include "measure/block.hpp"
#include "measure/timed_engine.hpp"
#include "record/scenario.hpp"

namespace bantam::measure {
namespace {

class KeepTrials final : public TrialSink {
 public:
  std::vector<record::Trial> trials;
  base::Status on_trial(const record::Trial& trial) override {
    trials.push_back(trial);
    return {};
  }
  base::Status on_scenario_end(const ScenarioEnd&) override { return {}; }
};

// Python 3.11: r = random.Random(3); t = 0.0; then t += r.expovariate(2.0) four times.
TEST(ArrivalSchedule, IsPythonsExponentialGaps) {
  const auto schedule = arrival_schedule(2.0, 5, 3);
  const std::vector<double> expected_s{0.0, 0.135881151617, 0.528763793072, 0.759745942031, 1.222815524719};
  ASSERT_EQ(schedule.size(), expected_s.size());
  for (std::size_t i = 0; i < schedule.size(); ++i)
    EXPECT_NEAR(base::seconds(schedule[i]), expected_s[i], 1e-9) << i;
}

TEST(ArrivalSchedule, HasTheRateThatWasAskedForAndIsAnotherOneInEachRound) {
  const auto schedule = arrival_schedule(5.0, 10'000, 0);
  // The mean of 9999 exponential gaps of 0.2 s has a standard error of 1 %.
  EXPECT_NEAR(base::seconds(schedule.back()) / 9999.0, 0.2, 0.01);
  EXPECT_EQ(arrival_schedule(5.0, 10, 1), arrival_schedule(5.0, 10, 1));
  EXPECT_NE(arrival_schedule(5.0, 10, 1), arrival_schedule(5.0, 10, 2));
}

TEST(RequestsInBlock, FollowFromItsShareOfTheTime) {
  plan::PerformanceSettings settings;
  settings.request_rate = 4.0;
  settings.max_seconds = 30.0;
  EXPECT_EQ(requests_in_block(block_settings(settings, 0)), 12);  // a tenth of 30 s
  settings.request_rate = 0.1;
  EXPECT_EQ(requests_in_block(block_settings(settings, 0)), kFewestRequests);
  settings.request_rate = 1e6;
  EXPECT_EQ(requests_in_block(block_settings(settings, 0)), kMostRequests);
  settings.num_runs = 40;
  settings.rounds = 4;
  EXPECT_EQ(requests_in_block(block_settings(settings, 3)), 10);
}

// One request at a time, each 0.5 s for the prompt and 5 tokens 0.1 s apart: 1 s. They arrive within much
// less than a second of each other, so that each waits for all before it.
TEST(Poisson, LatencyCountsFromTheScheduledArrival) {
  support::FakeClock clock;
  TimedEngine engine(clock);
  engine.gap_s = [](int) { return 0.1; };
  plan::PerformanceSettings settings;
  settings.batch_size = 1;
  settings.request_rate = 1000.0;
  settings.num_runs = 4;
  KeepTrials sink;
  ASSERT_TRUE(measure_poisson(engine, settings, {"prompt", {}}, 7, clock, clock.now_ns(), sink));
  ASSERT_EQ(sink.trials.size(), 2U);
  EXPECT_TRUE(sink.trials[0].warmup);
  const record::Trial& trial = sink.trials[1];
  EXPECT_EQ(trial.scenario, record::kPoisson);
  const auto schedule = arrival_schedule(1000.0, 4, 7);
  ASSERT_EQ(trial.streams.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(trial.streams[i].arrival_ns, schedule[i]) << i;
    const double end_s = 1.0 * static_cast<double>(i + 1);  // since the first arrival
    EXPECT_NEAR(base::seconds(trial.streams[i].token_ns.back() + schedule[i]), end_s, 1e-6) << i;
    EXPECT_NEAR(base::seconds(trial.streams[i].token_ns.front() + schedule[i]), end_s - 0.4, 1e-6) << i;
  }
  EXPECT_NEAR(trial.wall_s, 4.0, 1e-6);
}

TEST(Poisson, IsWarmedUpWithAsManyRequestsAsItTakesAtOnce) {
  support::FakeClock clock;
  TimedEngine engine(clock);
  plan::PerformanceSettings settings;
  settings.batch_size = 3;
  settings.request_rate = 1.0;
  settings.num_runs = 5;
  settings.num_warmup = 0;  // one all the same
  KeepTrials sink;
  ASSERT_TRUE(measure_poisson(engine, settings, {"prompt", {}}, 0, clock, clock.now_ns(), sink));
  EXPECT_EQ(engine.batch_sizes, (std::vector<std::size_t>{3, 5}));
}

}  // namespace
}  // namespace bantam::measure
