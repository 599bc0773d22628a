// Burst, steady rate and time to throttle of trials made by hand, and how the trials of the scenario are
// made.

#include "measure/sustained.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "measure/block.hpp"
#include "measure/sustained_figures.hpp"
#include "measure/timed_engine.hpp"
#include "record/scenario.hpp"
#include "support/temp_dir.hpp"

namespace bantam::measure {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

// Gaps without a pause between them, each as long as its time says, until `whole_s`.
std::vector<Gap> gaps(double whole_s, const std::function<double(double time_s)>& length_s) {
  std::vector<Gap> all;
  for (double time_s = 0.0; time_s < whole_s - 1e-9;) {
    const double length = length_s(time_s);
    time_s += length;
    all.push_back({time_s, length});
  }
  return all;
}

TEST(Pace, OfASteadyDeviceIsOneAndItNeverThrottles) {
  const auto pace = pace_of(gaps(100.0, [](double) { return 0.1; }));
  ASSERT_TRUE(pace);
  EXPECT_NEAR(pace->window_s, 10.0, 1e-6);
  EXPECT_NEAR(pace->burst_tokens_per_s, 10.0, 1e-6);
  EXPECT_NEAR(pace->steady_tokens_per_s, 10.0, 1e-6);
  EXPECT_FALSE(pace->throttle_after_s);
}

// 10 tokens a second until 40 s, then 5. With n slow gaps of 0.2 s in a window of 10 s the rate is
// (n + (10 - 0.2 n) / 0.1) / 10 = 10 - 0.1 n: 95 % of 10 are 9.5, passed with the sixth, at 41.2 s.
TEST(Pace, FindsWhenTheRateFallsForGood) {
  const auto pace = pace_of(gaps(100.0, [](double time_s) { return time_s < 40.0 - 1e-6 ? 0.1 : 0.2; }));
  ASSERT_TRUE(pace);
  EXPECT_NEAR(pace->burst_tokens_per_s, 10.0, 1e-6);
  EXPECT_NEAR(pace->steady_tokens_per_s, 5.0, 1e-6);
  ASSERT_TRUE(pace->throttle_after_s);
  EXPECT_NEAR(*pace->throttle_after_s, 41.2, 0.2 + 1e-6);  // one gap on either side by rounding
}

TEST(Pace, ADipFromWhichItRecoversIsNoThrottling) {
  const auto pace =
      pace_of(gaps(100.0, [](double time_s) { return time_s > 40.0 && time_s < 60.0 ? 0.2 : 0.1; }));
  ASSERT_TRUE(pace);
  EXPECT_FALSE(pace->throttle_after_s);
}

TEST(Pace, AFallThatHasOnlyJustBegunIsNotForGood) {
  const auto pace = pace_of(gaps(100.0, [](double time_s) { return time_s < 94.0 ? 0.1 : 0.2; }));
  ASSERT_TRUE(pace);
  EXPECT_FALSE(pace->throttle_after_s);
}

TEST(Pace, TheBurstIsAtMostThirtySeconds) {
  // 10 a second for half a minute, then 8: a tenth of 600 s would mix the two.
  const auto pace = pace_of(gaps(600.0, [](double time_s) { return time_s < 30.0 - 1e-6 ? 0.1 : 0.125; }));
  ASSERT_TRUE(pace);
  EXPECT_DOUBLE_EQ(pace->window_s, 30.0);
  EXPECT_NEAR(pace->burst_tokens_per_s, 10.0, 0.01);
  EXPECT_NEAR(pace->steady_tokens_per_s, 8.0, 1e-6);
}

TEST(Pace, IsAbsentWithoutTokensAtTheStart) {
  EXPECT_FALSE(pace_of({}));
  EXPECT_FALSE(pace_of({{50.0, 1.0}, {100.0, 1.0}}));
}

// Two requests of 0.5 s prompt and tokens at 0.5, 0.6, 0.7 s in each trial of 1.4 s, the first trial 3 s
// after the worker started.
record::Trial trial(double start_s, std::int64_t round = 0) {
  record::Stream stream;
  stream.token_ns = {500'000'000, 600'000'000, 700'000'000};
  stream.output_sha256 = "same";
  record::Trial trial;
  trial.scenario = record::kSustained;
  trial.start_s = start_s;
  trial.wall_s = 1.4;
  trial.round = round;
  trial.counters = base::Json::object();
  for (const std::int64_t arrival_ns : {std::int64_t{0}, std::int64_t{700'000'000}}) {
    trial.streams.push_back(stream);
    trial.streams.back().arrival_ns = arrival_ns;
  }
  return trial;
}

TEST(Sustained, GapsLieOnOneTimeLineAndPromptsAreNotAmongThem) {
  const record::Trial first = trial(3.0);
  const record::Trial second = trial(4.5);
  const auto found = gaps_over_time({&first, &second});
  std::vector<double> ends_s;
  for (const Gap& gap : found) {
    ends_s.push_back(gap.end_s);
    EXPECT_NEAR(gap.length_s, 0.1, 1e-9);
  }
  const std::vector<double> expected_s{0.6, 0.7, 1.3, 1.4, 2.1, 2.2, 2.8, 2.9};
  ASSERT_EQ(ends_s.size(), expected_s.size());
  for (std::size_t i = 0; i < ends_s.size(); ++i) EXPECT_NEAR(ends_s[i], expected_s[i], 1e-9);
}

TEST(Sustained, MetricsHaveReasonsWhereTheyAreAbsent) {
  Observed observed;
  observed.load.sustained_s = 15.0;
  for (int i = 0; i < 10; ++i) observed.trials.push_back(trial(1.5 * i));
  const Summary summary = summarize(observed);
  EXPECT_NEAR(summary.metrics.at("burst_tokens_per_s").value, 10.0, 1e-6);
  EXPECT_NEAR(summary.metrics.at("steady_tokens_per_s").value, 10.0, 1e-6);
  EXPECT_NEAR(summary.metrics.at("steady_burst_ratio").value, 1.0, 1e-6);
  EXPECT_FALSE(summary.metrics.at("burst_tokens_per_s").interval);
  EXPECT_THAT(summary.absent.at("throttle_after_s"), HasSubstr("never fell below 95 %"));
  observed.trials[0].counters["stops"] = 1;
  for (record::Trial& one : observed.trials) one.counters["stops"] = 1;
  EXPECT_THAT(summarize(observed).absent.at("burst_tokens_per_s"), HasSubstr("does not count"));
}

// Its CPU becomes slower by 30 %, which is what is to be seen here and a disturbance elsewhere.
TEST(Sustained, ASlowerCpuDoesNotMakeItInvalid) {
  Observed observed;
  observed.load.sustained_s = 15.0;
  for (int i = 0; i < 20; ++i) {
    observed.trials.push_back(trial(1.5 * i));
    observed.trials.back().counters["spin_probe_s"] = i < 10 ? 0.001 : 0.0013;
    observed.trials.back().counters["machine_total_s"] = 3.0;
  }
  const Gates gates = gates_for({});
  EXPECT_TRUE(summarize(observed, gates).reasons.empty());
  for (record::Trial& one : observed.trials) one.scenario = record::kSingleStream;
  EXPECT_FALSE(summarize(observed, gates).reasons.empty());
}

TEST(Sustained, ALongRequestIsNamed) {
  Observed observed;
  observed.load.sustained_s = 3.0;
  observed.trials = {trial(0.0), trial(1.5)};  // burst 0.29 s: nothing ends in it
  EXPECT_THAT(summarize(observed).absent.at("burst_tokens_per_s"), HasSubstr("no token came"));
  record::Stream& slow = observed.trials[0].streams[0];
  slow.token_ns = {100'000'000, 200'000'000, 700'000'000};
  EXPECT_THAT(summarize(observed).warnings, Contains(HasSubstr("a request takes up to 700 ms")));
}

class KeepTrials final : public TrialSink {
 public:
  std::vector<record::Trial> trials;
  base::Status on_trial(const record::Trial& one) override {
    trials.push_back(one);
    return {};
  }
  base::Status on_scenario_end(const ScenarioEnd&) override { return {}; }
};

// A request takes 0.3 s: four of them fill a second.
TEST(Sustained, GoesOnForAsLongAsItIsAskedTo) {
  support::FakeClock clock;
  TimedEngine engine(clock);
  engine.prefill_s = 0.1;
  engine.gap_s = [](int) { return 0.04; };
  plan::PerformanceSettings settings;
  settings.sustained_s = 12.0;
  settings.num_runs = 1;  // of other scenarios
  KeepTrials sink;
  ASSERT_TRUE(measure_sustained(engine, settings, {"prompt", {}}, clock, clock.now_ns(), sink));
  ASSERT_EQ(sink.trials.size(), 11U);
  EXPECT_TRUE(sink.trials[0].warmup);
  EXPECT_EQ(sink.trials[0].streams.size(), 1U);
  for (std::size_t i = 1; i < sink.trials.size(); ++i) {
    EXPECT_FALSE(sink.trials[i].warmup);
    ASSERT_EQ(sink.trials[i].streams.size(), 4U);
    EXPECT_NEAR(sink.trials[i].wall_s, 1.2, 1e-6);
    EXPECT_NEAR(base::seconds(*sink.trials[i].streams[3].arrival_ns), 0.9, 1e-6);
  }
}

TEST(Sustained, IsInTheFirstRoundOnly) {
  plan::PerformanceSettings settings;
  settings.sustained_s = 60.0;
  settings.batch_size = 1;
  using Names = std::vector<std::string_view>;
  EXPECT_EQ(plan::scenarios_of(block_settings(settings, 0)), (Names{"single_stream", "sustained"}));
  EXPECT_EQ(plan::scenarios_of(block_settings(settings, 1)), (Names{"single_stream"}));
  EXPECT_EQ(scenario_count(settings), 1);  // with a time budget of its own
  settings.scenarios = {"single_stream", "sustained"};
  EXPECT_EQ(plan::scenarios_of(block_settings(settings, 1)), (Names{"single_stream"}));
}

TEST(ThermalCounters, AreTheHottestZoneAndTheMeanFrequency) {
  const support::TempDir root;
  const auto write = [&](const std::string& path, const std::string& text) {
    std::filesystem::create_directories((root.path() / path).parent_path());
    std::ofstream(root.path() / path) << text << '\n';
  };
  EXPECT_TRUE(thermal_counters(root.path()).empty());
  write("sys/class/thermal/thermal_zone0/temp", "41500");
  write("sys/class/thermal/thermal_zone1/temp", "67000");
  write("sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "1800000");
  write("sys/devices/system/cpu/cpu1/cpufreq/scaling_cur_freq", "1200000");
  write("sys/devices/system/cpu/cpufreq/policy0/scaling_cur_freq", "1");
  const base::Json counters = thermal_counters(root.path());
  EXPECT_EQ(counters.at("temperature_c"), 67.0);
  EXPECT_EQ(counters.at("cpu_frequency_hz"), 1.5e9);
}

}  // namespace
}  // namespace bantam::measure
