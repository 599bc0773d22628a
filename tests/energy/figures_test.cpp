#include "energy/figures.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "energy/world.hpp"

namespace bantam::energy {
namespace {

using base::ErrorKind;
using ::testing::HasSubstr;

constexpr double kPrefillS = 1.7;
constexpr double kDecodeS = 6.1;
constexpr double kPauseS = 0.45;
constexpr int kRequests = 12;

double start_of(int request) {
  return 2.0 + request * (kPrefillS + kDecodeS + kPauseS);
}

// 3 W idle, 32 W while a prompt is read, 14 W while tokens come.
double watts_at(double time_s) {
  for (int i = 0; i < kRequests; ++i) {
    const double into = time_s - start_of(i);
    if (into >= 0.0 && into < kPrefillS) return 32.0;
    if (into >= kPrefillS && into < kPrefillS + kDecodeS) return 14.0;
  }
  return 3.0;
}

std::vector<RequestStamps> requests() {
  std::vector<RequestStamps> all;
  for (int i = 0; i < kRequests; ++i) {
    const double start = start_of(i);
    all.push_back({SharedClock::ns(start), SharedClock::ns(start + kPrefillS),
                   SharedClock::ns(start + kPrefillS + kDecodeS)});
  }
  return all;
}

// Ten readings per second, not in step with the requests. The counter is summed up in steps of a millisecond.
Trace trace_of(Quantity quantity, double interval_s) {
  Trace trace;
  trace.facts.scope = Scope::package;
  trace.facts.quantity = quantity;
  trace.facts.update_period_s = 0.001;
  trace.interval_s = interval_s;
  double joules = 0.0;
  double next_s = 0.037;
  for (int ms = 0; ms < 110'000; ++ms) {
    const double time_s = 1e-3 * ms;
    if (time_s >= next_s) {
      const double value = quantity == Quantity::joules ? joules : watts_at(time_s);
      trace.readings.push_back({SharedClock::ns(time_s), value, Fault::none});
      next_s += interval_s;
    }
    joules += 1e-3 * watts_at(time_s);
  }
  return trace;
}

class Split : public ::testing::TestWithParam<Quantity> {};

TEST_P(Split, PhasesAreWithinTwoPercentOfTheCurve) {
  const auto split = split_phases(trace_of(GetParam(), 0.1), requests(), {});
  ASSERT_TRUE(split) << split.error().message;
  ASSERT_TRUE(split->prefill.joules) << split->prefill.joules.error().message;
  ASSERT_TRUE(split->decode.joules);
  const double prefill = kRequests * kPrefillS * 32.0;
  const double decode = kRequests * kDecodeS * 14.0;
  EXPECT_NEAR(*split->prefill.joules, prefill, 0.02 * prefill);
  EXPECT_NEAR(*split->decode.joules, decode, 0.02 * decode);
  EXPECT_NEAR(split->prefill.time_s, kRequests * kPrefillS, 1e-6);
}

INSTANTIATE_TEST_SUITE_P(Energy, Split, ::testing::Values(Quantity::joules, Quantity::watts),
                         [](const auto& tested) { return std::string(name(tested.param)); });

TEST(SplitPhases, APhaseThatIsShortForTheSensorIsAbsentAndTheOtherStays) {
  const auto split = split_phases(trace_of(Quantity::joules, 0.5), requests(), {});
  ASSERT_TRUE(split);
  ASSERT_FALSE(split->prefill.joules);
  EXPECT_EQ(split->prefill.joules.error().kind, ErrorKind::environment);
  EXPECT_THAT(split->prefill.joules.error().message, HasSubstr("prefill takes 1.7 s per request"));
  EXPECT_TRUE(split->decode.joules);
}

TEST(SplitPhases, WhatSpoilsTheWindowSpoilsBoth) {
  Trace trace = trace_of(Quantity::watts, 0.1);
  trace.readings[400].fault = Fault::gone;
  const auto split = split_phases(trace, requests(), {});
  ASSERT_TRUE(split);
  EXPECT_EQ(split->prefill.joules.error().kind, ErrorKind::invalid_measurement);
  EXPECT_EQ(split->decode.joules.error().kind, ErrorKind::invalid_measurement);
}

TEST(SplitPhases, StampsThatAreNotInOrderAreRefused) {
  EXPECT_EQ(split_phases(trace_of(Quantity::watts, 0.1), {}, {}).error().kind, ErrorKind::usage);
  const std::vector<RequestStamps> wrong{{5, 4, 6}};
  EXPECT_EQ(split_phases(trace_of(Quantity::watts, 0.1), wrong, {}).error().kind, ErrorKind::usage);
}

TEST(NetJoules, IdleOfBothSidesIsTakenOff) {
  Energy gross;
  gross.joules = 500.0;
  gross.window_s = 20.0;
  EXPECT_DOUBLE_EQ(net_joules(gross, 3.0, 5.0).value(), 420.0);
  EXPECT_EQ(net_joules(gross, std::nullopt, 5.0).error().kind, ErrorKind::environment);
  EXPECT_THAT(net_joules(gross, 3.0, std::nullopt).error().message, HasSubstr("after the work"));
  EXPECT_THAT(net_joules(gross, 30.0, 30.0).error().message, HasSubstr("idling took 600 J"));
}

}  // namespace
}  // namespace bantam::energy
