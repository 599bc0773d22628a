#include "measure/workload.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <functional>
#include <map>

#include "base/pauses.hpp"
#include "measure/timed_engine.hpp"
#include "measure/validity.hpp"

namespace bantam::measure {
namespace {

class KeepingSink final : public TrialSink {
 public:
  std::vector<record::Trial> trials;
  std::vector<ScenarioEnd> ends;
  std::optional<std::size_t> interrupt_after;
  std::vector<std::string> events;

  base::Status on_warm_up(const std::string& scenario) override {
    events.push_back(scenario + " warms up");
    return {};
  }
  base::Status on_counting(const std::string& scenario) override {
    events.push_back(scenario + " counts");
    return {};
  }
  base::Status on_trial(const record::Trial& trial) override {
    trials.push_back(trial);
    events.push_back(trial.warmup ? "warm-up" : "trial");
    if (interrupt_after && trials.size() >= *interrupt_after) {
      return base::fail(base::ErrorKind::interrupted, "asked to stop");
    }
    return {};
  }
  base::Status on_scenario_end(const ScenarioEnd& end) override {
    ends.push_back(end);
    events.push_back(end.scenario + " ends");
    return {};
  }
};

class Workload : public ::testing::Test {
 protected:
  base::Status run() { return measure_performance(engine, settings, clock, sink); }

  support::FakeClock clock;
  TimedEngine engine{clock};
  plan::PerformanceSettings settings;
  KeepingSink sink;
};

TEST_F(Workload, ForcedCountsAreKeptInEveryScenario) {
  settings.num_warmup = 1;
  settings.num_runs = 3;
  settings.batch_size = 4;
  settings.n_prompt = 128;
  settings.n_gen = 16;
  ASSERT_TRUE(run().has_value());
  std::map<std::string, int> counted;
  std::map<std::string, int> warmups;
  for (const auto& trial : sink.trials) ++(trial.warmup ? warmups : counted)[trial.scenario];
  const std::map<std::string, int> three{{"single_stream", 3}, {"offline", 3}, {"pp", 3}, {"tg", 3}};
  const std::map<std::string, int> one{{"single_stream", 1}, {"offline", 1}, {"pp", 1}, {"tg", 1}};
  EXPECT_EQ(counted, three);
  EXPECT_EQ(warmups, one);
  EXPECT_EQ(engine.batch_sizes, (std::vector<std::size_t>{1, 1, 1, 1, 4, 4, 4, 4}));
  ASSERT_EQ(sink.ends.size(), 4U);
  for (const auto& end : sink.ends) EXPECT_EQ(end.rule, StopRule::forced_count);
}

// Who shows progress must know from when to when it has to keep still.
TEST_F(Workload, TellsWhenCountingBeginsAndEnds) {
  settings.num_warmup = 1;
  settings.num_runs = 2;
  settings.batch_size = 2;
  ASSERT_TRUE(run().has_value());
  EXPECT_EQ(sink.events,
            (std::vector<std::string>{"single_stream warms up", "warm-up", "single_stream counts", "trial",
                                      "trial", "single_stream ends", "offline warms up", "warm-up",
                                      "offline counts", "trial", "trial", "offline ends"}));
}

// A signal that continues the program, as after SIGSTOP, in the repetitions that `in` names.
std::function<double(int)> stopped(std::function<bool(int call)> in) {
  base::watch_pauses();
  return [in = std::move(in)](int call) {
    if (in(call)) std::raise(SIGCONT);
    return 0.25;
  };
}

TEST_F(Workload, ARepetitionInWhichTheProgramWasStoppedIsRepeated) {
  settings.num_warmup = 1;
  settings.num_runs = 3;
  settings.batch_size = 1;
  engine.gap_s = stopped([](int call) { return call == 2; });  // of the counted ones the second
  ASSERT_TRUE(run().has_value());
  ASSERT_EQ(sink.trials.size(), 5U);
  for (std::size_t i = 0; i < sink.trials.size(); ++i) {
    EXPECT_EQ(disturbance(sink.trials[i]).has_value(), i == 2) << i;
  }
  ASSERT_EQ(sink.ends.size(), 1U);
  EXPECT_EQ(sink.ends[0].counted_trials, 3);
  EXPECT_EQ(sink.ends[0].rule, StopRule::forced_count);
}

TEST_F(Workload, AProgramThatIsStoppedAgainAndAgainIsNotMeasuredForEver) {
  settings.num_warmup = 0;
  settings.batch_size = 1;
  engine.gap_s = stopped([](int) { return true; });
  ASSERT_TRUE(run().has_value());
  EXPECT_EQ(sink.trials.size(), static_cast<std::size_t>(kMostDisturbed) + 1);
  EXPECT_EQ(sink.ends.at(0).rule, StopRule::disturbed);
  EXPECT_EQ(sink.ends.at(0).counted_trials, 0);
}

TEST_F(Workload, SteadyTimesStopAtTheFewestTrialsThatGiveAnInterval) {
  settings.batch_size = 1;
  ASSERT_TRUE(run().has_value());
  ASSERT_EQ(sink.ends.size(), 1U);
  EXPECT_EQ(sink.ends[0].rule, StopRule::interval_reached);
  EXPECT_EQ(sink.ends[0].counted_trials, 6);
  EXPECT_EQ(sink.trials.size(), 6U + 2U);  // two warm-ups by default
  EXPECT_NEAR(sink.ends[0].relative_interval.value(), 0.0, 1e-9);
}

TEST_F(Workload, UnsteadyTimesEndByTheTimeBudget) {
  settings.batch_size = 1;
  settings.num_warmup = 0;
  settings.max_seconds = 20.0;
  engine.gap_s = [](int call) { return call % 2 == 0 ? 0.1 : 0.2; };  // 1 s and 1.5 s a request
  ASSERT_TRUE(run().has_value());
  EXPECT_EQ(sink.ends[0].rule, StopRule::time_budget);
  EXPECT_EQ(sink.ends[0].counted_trials, 16);  // 8 pairs of 2.5 s
}

TEST_F(Workload, ATrialLongerThanTheBudgetIsStillMadeOnce) {
  settings.batch_size = 1;
  settings.num_warmup = 0;
  settings.max_seconds = 1.0;
  engine.prefill_s = 10.0;
  ASSERT_TRUE(run().has_value());
  EXPECT_EQ(sink.trials.size(), 1U);
  EXPECT_EQ(sink.ends[0].rule, StopRule::time_budget);
  EXPECT_FALSE(sink.ends[0].relative_interval.has_value());
}

TEST_F(Workload, WarmUpsEndWithTheBudgetUnlessTheirNumberIsForced) {
  settings.batch_size = 1;
  settings.max_seconds = 1.0;
  engine.prefill_s = 10.0;
  ASSERT_TRUE(run().has_value());
  EXPECT_EQ(std::ranges::count(sink.trials, true, &record::Trial::warmup), 1);
  sink.trials.clear();
  settings.num_warmup = 3;
  ASSERT_TRUE(run().has_value());
  EXPECT_EQ(std::ranges::count(sink.trials, true, &record::Trial::warmup), 3);
}

TEST_F(Workload, ShortUnsteadyTrialsEndByTheCount) {
  settings.batch_size = 1;
  settings.num_warmup = 0;
  engine.prefill_s = 0.0;
  engine.gap_s = [](int call) { return call % 2 == 0 ? 1e-4 : 2e-4; };
  ASSERT_TRUE(run().has_value());
  EXPECT_EQ(sink.ends[0].rule, StopRule::count_limit);
  EXPECT_EQ(sink.ends[0].counted_trials, 500);
}

// A sensor of power needs half a minute, however short the requests are.
TEST_F(Workload, WithoutAnIntervalTheTimeEndsIt) {
  settings.batch_size = 1;
  settings.num_warmup = 0;
  settings.target_interval = -1.0;
  engine.prefill_s = 0.01;
  engine.gap_s = [](int) { return 1e-4; };
  settings.max_seconds = 15.0;
  ASSERT_TRUE(run().has_value());
  EXPECT_EQ(sink.ends[0].rule, StopRule::time_budget);
  EXPECT_GT(sink.ends[0].counted_trials, 1000);
  settings.max_seconds = 1e6;
  sink.ends.clear();
  ASSERT_TRUE(run().has_value());
  EXPECT_EQ(sink.ends[0].rule, StopRule::count_limit);
  EXPECT_EQ(sink.ends[0].counted_trials, 4000);
}

TEST_F(Workload, StampsCountFromTheHandOver) {
  settings.num_warmup = 0;
  settings.num_runs = 1;
  settings.batch_size = 1;
  ASSERT_TRUE(run().has_value());
  const record::Trial& trial = sink.trials.at(0);
  ASSERT_EQ(trial.streams.size(), 1U);
  EXPECT_EQ(trial.streams[0].prefill_ns, 500'000'000);
  EXPECT_EQ(trial.streams[0].token_ns, (std::vector<std::int64_t>{750'000'000, 1'000'000'000, 1'250'000'000,
                                                                  1'500'000'000, 1'750'000'000}));
  EXPECT_DOUBLE_EQ(trial.wall_s, 1.75);
  EXPECT_EQ(trial.streams[0].prompt_tokens, 10);
  EXPECT_EQ(trial.streams[0].cached_tokens, 0);
  EXPECT_EQ(trial.streams[0].output_sha256.size(), 64U);
}

TEST_F(Workload, StartsCountFromTheWorkersStart) {
  settings.num_warmup = 1;
  settings.num_runs = 1;
  settings.batch_size = 1;
  const std::int64_t worker_start_ns = clock.now_ns();
  clock.advance_s(3.0);
  ASSERT_TRUE(measure_performance(engine, settings, clock, sink, worker_start_ns).has_value());
  EXPECT_DOUBLE_EQ(sink.trials.at(0).start_s, 3.0);
  EXPECT_DOUBLE_EQ(sink.trials.at(1).start_s, 4.75);
}

TEST_F(Workload, TrialsOfAScenarioAreNumberedThrough) {
  settings.num_runs = 2;
  settings.batch_size = 1;
  ASSERT_TRUE(run().has_value());
  for (std::size_t i = 0; i < sink.trials.size(); ++i)
    EXPECT_EQ(sink.trials[i].index, static_cast<std::int64_t>(i));
}

TEST_F(Workload, AStopRequestFromTheSinkEndsIt) {
  sink.interrupt_after = 3;
  const auto status = run();
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().kind, base::ErrorKind::interrupted);
  EXPECT_EQ(sink.trials.size(), 3U);
  EXPECT_TRUE(sink.ends.empty());
}

TEST_F(Workload, AnErrorOfTheEngineIsHandedOn) {
  engine.fail_next = true;
  const auto status = run();
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().kind, base::ErrorKind::integrity);
  EXPECT_TRUE(sink.trials.empty());
}

TEST_F(Workload, CountersOfThisProgramComeWithEveryTrial) {
  settings.num_runs = 1;
  settings.batch_size = 1;
  ASSERT_TRUE(run().has_value());
  for (const auto& trial : sink.trials) {
    EXPECT_GT(base::integer_at(trial.counters, "rss_anon_bytes").value_or(0), 0);
    EXPECT_GE(base::integer_at(trial.counters, "minor_faults").value_or(-1), 0);
    EXPECT_TRUE(trial.counters.contains("spin_probe_s"));
  }
}

TEST(Capacity, HoldsPromptAndOutputOfEveryStream) {
  plan::PerformanceSettings settings;
  settings.max_new_tokens = 256;
  settings.batch_size = 8;
  EXPECT_EQ(capacity_for(settings, 44).tokens_per_stream, 300);
  EXPECT_EQ(capacity_for(settings, 44).streams, 8);
  settings.n_prompt = 512;
  settings.batch_size = 1;
  EXPECT_EQ(capacity_for(settings, 44).tokens_per_stream, 512);
  EXPECT_EQ(capacity_for(settings, 44).streams, 1);
}

TEST(ScenarioEnd, TellsTheRuleThatEndedIt) {
  EXPECT_EQ(sentence({"single_stream", StopRule::interval_reached, 37, 0.0092}),
            "single_stream: 37 trials, ended by interval_reached (interval 0.92 % of the median)");
  EXPECT_EQ(sentence({"offline", StopRule::time_budget, 1, {}}),
            "offline: 1 trial, ended by time_budget (no interval below 6 trials)");
}

TEST(of_length, repeats_what_is_behind_the_special_tokens) {
  using Tokens = std::vector<engine::Token>;
  EXPECT_EQ(of_length({9, 1, 2}, 6, 1), (Tokens{9, 1, 2, 1, 2, 1}));
  EXPECT_EQ(of_length({9, 1, 2}, 7, 0), (Tokens{9, 1, 2, 9, 1, 2, 9}));
  EXPECT_EQ(of_length({9, 1, 2, 3}, 2, 1), (Tokens{9, 1}));
}

}  // namespace
}  // namespace bantam::measure
