#include "run/power_trace.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "support/temp_dir.hpp"

namespace bantam::run {
namespace {

using energy::Fault;
using energy::Quantity;
using energy::Window;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::int64_t ns(double time_s) {
  return std::llround(1e9 * time_s);
}

// Read ten times per second from 0 to 20 s, `value` by the time in seconds.
energy::Trace trace_of(Quantity quantity, const std::function<double(double)>& value, double from_s = 0.0) {
  energy::Trace trace;
  trace.facts.name = "sensor";
  trace.facts.scope = energy::Scope::board;
  trace.facts.quantity = quantity;
  trace.facts.update_period_s = 0.1;
  for (int i = 0; i <= 200; ++i) {
    const double time_s = 0.1 * i;
    if (time_s >= from_s - 1e-9) trace.readings.push_back({ns(time_s), value(time_s), Fault::none});
  }
  return trace;
}

// 10 W until the worker starts at 4 s, 20 W until the first request at 6 s, 40 W until 14 s, then 12 W.
double joules_until(double time_s) {
  const auto span = [time_s](double from, double to) { return std::max(0.0, std::min(time_s, to) - from); };
  return 10.0 * span(0, 4) + 20.0 * span(4, 6) + 40.0 * span(6, 14) + 12.0 * span(14, 20);
}

const BlockTimes kTimes{{ns(6), ns(14)}, Window{ns(0.5), ns(4)}, ns(4), Window{ns(14.5), ns(18)}};
const std::array<energy::RequestStamps, 2> kRequests{{{ns(6), ns(7), ns(10)}, {ns(10), ns(10.5), ns(14)}}};
constexpr std::array<std::size_t, 1> kFirst{0};

energy::Recording recording_of(std::vector<energy::Trace> traces) {
  energy::Recording recording;
  recording.traces = std::move(traces);
  return recording;
}

record::PowerTrace made(const energy::Recording& recording, std::span<const std::size_t> parts = kFirst,
                        const BlockTimes& times = kTimes,
                        std::span<const energy::RequestStamps> requests = kRequests) {
  const auto trace = power_trace(recording, parts, times, requests);
  EXPECT_TRUE(trace) << (trace ? "" : trace.error().message);
  return trace ? *trace : record::PowerTrace{};
}

TEST(PowerTrace, StepsOfPowerAreItsBins) {
  const auto trace = made(recording_of({trace_of(Quantity::joules, joules_until)}));
  EXPECT_NEAR(trace.bin_s, 0.2, 1e-12);    // two update periods
  EXPECT_NEAR(trace.begin_s, -5.4, 1e-9);  // 27 whole bins fit into the 5.5 s before
  EXPECT_DOUBLE_EQ(trace.window_s, 8.0);
  ASSERT_EQ(trace.watts.size(), 27U + 40U + 20U);
  for (std::size_t bin = 0; bin < trace.watts.size(); ++bin) {
    const double middle_s = 6.0 + trace.begin_s + trace.bin_s * (static_cast<double>(bin) + 0.5);
    const double watts = middle_s < 4 ? 10.0 : middle_s < 6 ? 20.0 : middle_s < 14 ? 40.0 : 12.0;
    EXPECT_NEAR(trace.watts[bin], watts, 1e-6) << middle_s;
  }
  EXPECT_NEAR(trace.window_joules(), 320.0, 1e-6);
  EXPECT_THAT(trace.cut, IsEmpty());
}

TEST(PowerTrace, MarksAreInSecondsSinceTheFirstRequest) {
  const auto trace = made(recording_of({trace_of(Quantity::joules, joules_until)}));
  const std::vector<record::PowerPhase> phases{
      {"idle_before", -5.4, -2.0}, {"load", -2.0, 0.0}, {"idle_after", 8.5, 12.0}};
  ASSERT_EQ(trace.phases.size(), phases.size());
  for (std::size_t i = 0; i < phases.size(); ++i) {
    EXPECT_EQ(trace.phases[i].name, phases[i].name);
    EXPECT_NEAR(trace.phases[i].begin_s, phases[i].begin_s, 1e-6);
    EXPECT_NEAR(trace.phases[i].end_s, phases[i].end_s, 1e-6);
  }
  const std::vector<record::PowerRequest> requests{{0.0, 1.0, 4.0}, {4.0, 4.5, 8.0}};
  EXPECT_EQ(trace.requests, requests);
}

// Whatever the power does and wherever the window lies, its bins add up to what the sensor says of it.
TEST(PowerTrace, BinsOfTheWindowAddUpToItsJoules) {
  const auto wave = [](double t) { return 30.0 + 12.0 * std::sin(3.1 * t) + 7.0 * std::cos(17.0 * t); };
  for (const double from_s : {5.0, 5.03, 6.777}) {
    for (const double to_s : {6.5, 13.99, 17.123}) {
      if (to_s < from_s + 0.2) continue;
      BlockTimes times = kTimes;
      times.window = {ns(from_s), ns(to_s)};
      times.idle_after = Window{ns(to_s + 0.3), ns(to_s + 1.3)};
      const auto recording = recording_of({trace_of(Quantity::watts, wave)});
      const auto trace = made(recording, kFirst, times);
      // The trapezoids between the readings, over a thousandth of a second each.
      double joules = 0.0;
      const auto power_at = [&wave](double t) {
        const double left = std::floor(t * 10.0 + 1e-9) / 10.0;
        return wave(left) + (wave(left + 0.1) - wave(left)) * (t - left) / 0.1;
      };
      const int parts = static_cast<int>(std::lround((to_s - from_s) * 1000.0));
      for (int i = 0; i < parts; ++i) joules += 0.001 * power_at(from_s + 0.001 * (i + 0.5));
      EXPECT_NEAR(trace.window_joules(), joules, 1e-4 * joules) << from_s << " to " << to_s;
      EXPECT_GE(trace.bin_s, 0.2 - 1e-12);
      EXPECT_LE(trace.watts.size(), record::kMostPowerBins);
    }
  }
}

TEST(PowerTrace, ASlowSensorHasFewBinsAndALongBlockNoMoreThanFourHundred) {
  auto slow = trace_of(Quantity::joules, joules_until);
  slow.facts.update_period_s = 1.0;
  const auto few = made(recording_of({slow}));
  EXPECT_DOUBLE_EQ(few.bin_s, 2.0);
  EXPECT_EQ(few.watts.size(), 2U + 4U + 2U);
  energy::Trace dense = trace_of(Quantity::watts, [](double) { return 0.0; });
  dense.readings.clear();
  dense.facts.update_period_s = 0.001;
  dense.interval_s = 0.001;
  for (int i = 0; i <= 20000; ++i)
    dense.readings.push_back({ns(0.001 * i), 20.0 + 0.001 * (i % 7), Fault::none});
  const auto many = made(recording_of({dense}));
  EXPECT_LE(many.watts.size(), 400U);
  EXPECT_GT(many.watts.size(), 380U);
  // A window of a hundredth of the whole keeps its own bins, and as much around it as there is room for.
  BlockTimes times = kTimes;
  times.window = {ns(6), ns(6.01)};
  const auto brief = made(recording_of({dense}), kFirst, times, {});
  EXPECT_LE(brief.watts.size(), 400U);
  EXPECT_NEAR(brief.window_joules(), 0.2, 1e-4);
}

TEST(PowerTrace, SeveralSensorsAreAddedUp) {
  const auto other = [](double t) { return 5.0 * t + (t > 9 ? 1.0 : 0.0) * (t - 9.0); };
  const auto recording = recording_of({trace_of(Quantity::joules, joules_until),
                                       trace_of(Quantity::watts, [](double) { return 99.0; }),
                                       trace_of(Quantity::joules, other)});
  const std::array<std::size_t, 2> parts{0, 2};
  const auto trace = made(recording, parts);
  EXPECT_NEAR(trace.watts.front(), 15.0, 1e-6);
  EXPECT_NEAR(trace.window_joules(), 320.0 + 8.0 * 5.0 + 5.0, 1e-6);
}

TEST(PowerTrace, ManyRequestsAreMarkedAsOne) {
  std::vector<energy::RequestStamps> requests;
  for (int i = 0; i < 201; ++i)
    requests.push_back({ns(6 + 0.03 * i), ns(6.01 + 0.03 * i), ns(6.03 + 0.03 * i)});
  const auto recording = recording_of({trace_of(Quantity::joules, joules_until)});
  const auto trace = made(recording, kFirst, kTimes, requests);
  EXPECT_THAT(trace.requests, IsEmpty());
  const auto found = std::ranges::find(trace.phases, "requests", &record::PowerPhase::name);
  ASSERT_NE(found, trace.phases.end());
  EXPECT_DOUBLE_EQ(found->end_s, 8.0);
  requests.pop_back();
  EXPECT_EQ(made(recording, kFirst, kTimes, requests).requests.size(), 200U);
}

TEST(PowerTrace, WhereTheIdleTimeIsNotCoveredTheWindowIsLeft) {
  const auto trace = made(recording_of({trace_of(Quantity::joules, joules_until, 5.9)}));
  EXPECT_THAT(trace.cut, HasSubstr("its readings begin"));
  EXPECT_EQ(trace.begin_s, 0.0);
  EXPECT_EQ(trace.watts.size(), 40U);
  EXPECT_NEAR(trace.window_joules(), 320.0, 1e-6);
}

TEST(PowerTrace, WithoutIdleTimesItBeginsWithTheWorker) {
  BlockTimes times = kTimes;
  times.idle_before.reset();
  times.idle_after.reset();
  const auto trace = made(recording_of({trace_of(Quantity::joules, joules_until)}), kFirst, times);
  EXPECT_NEAR(trace.begin_s, -2.0, 1e-9);
  EXPECT_EQ(trace.watts.size(), 50U);
}

record::BlockEnergy block_of(bool is_invalid) {
  record::SourceEnergy source;
  source.name = "sensor";
  source.is_headline = true;
  source.is_invalid = is_invalid;
  if (is_invalid)
    source.absent["joules"] = "the counter was stuck";
  else
    source.joules = 320.0;
  record::BlockEnergy block;
  block.sources = {source};
  return block;
}

TEST(PowerTrace, ASensorThatIsNotBelievedHasNone) {
  const auto stuck = recording_of({trace_of(Quantity::joules, [](double) { return 7.0; })});
  const auto none = power_trace(stuck, kFirst, kTimes, kRequests);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, base::ErrorKind::invalid_measurement);
  record::BlockEnergy block = block_of(true);
  add_power_trace(stuck, kFirst, kTimes, kRequests, block);
  EXPECT_FALSE(block.power_trace);
  EXPECT_EQ(block.power_trace_absent, "sensor: the counter was stuck");
}

class OnePowerTrace : public ::testing::Test {
 protected:
  void SetUp() override {
    record::Record header;
    header.cell_key = "a";
    header.task = "energy";
    ASSERT_EQ(store_.begin_attempt(header).value(), 1);
  }
  // A block of the next round; `reason`: a figure of its sensor that is not believed.
  record::Block kept(bool is_invalid) {
    record::Trial trial;
    trial.scenario = "single_stream";
    trial.wall_s = 1.0;
    trial.streams.push_back({10, 0, 1'000'000, {100'000'000, 200'000'000}, "", "length"});
    trial.counters = base::Json::object();
    trial.round = round_;
    EXPECT_TRUE(store_.append_trial("a", 1, trial));
    record::Block block;
    block.round = round_++;
    block.series = "one";
    block.wall_s = 3.0;
    block.energy = block_of(is_invalid);
    block.energy->power_trace = made(recording_of({trace_of(Quantity::joules, joules_until)}));
    record::GpuLoad gpu;
    gpu.name = "nvml:0";
    gpu.trace = record::GpuTrace{0.0, 1.0, 1.0, {}, {0.0}};
    block.energy->gpus = {gpu};
    EXPECT_TRUE(keep_one_trace(store_, {"a", 1}, measure::Gates{}, block));
    EXPECT_TRUE(store_.append_block("a", 1, block));
    return block;
  }

  support::TempDir folder_;
  store::Store store_ = store::Store::open(folder_.path() / "results.db").value();
  std::int64_t round_ = 0;
};

TEST_F(OnePowerTrace, IsThatOfTheFirstBlockThatCounts) {
  const record::Block disturbed = kept(true);
  EXPECT_FALSE(disturbed.energy->power_trace);
  EXPECT_EQ(disturbed.energy->power_trace_absent, "the block does not count");
  EXPECT_FALSE(disturbed.energy->gpus.at(0).trace);
  const record::Block first = kept(false);
  EXPECT_TRUE(first.energy->power_trace);
  EXPECT_TRUE(first.energy->gpus.at(0).trace);
  const record::Block later = kept(false);
  EXPECT_FALSE(later.energy->power_trace);
  EXPECT_THAT(later.energy->power_trace_absent, IsEmpty());
  EXPECT_FALSE(later.energy->gpus.at(0).trace);
  EXPECT_EQ(later.energy->gpus.at(0).name, "nvml:0");
}

}  // namespace
}  // namespace bantam::run
