#include "energy/window_energy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "energy/world.hpp"

namespace bantam::energy {
namespace {

using base::ErrorKind;
using ::testing::HasSubstr;

// A board that is read ten times per second for 20 s; `value` by the time in seconds.
Trace trace_of(Quantity quantity, const std::function<double(double time_s)>& value) {
  Trace trace;
  trace.facts.scope = Scope::board;
  trace.facts.quantity = quantity;
  trace.facts.update_period_s = 0.1;
  for (int i = 0; i <= 200; ++i) {
    const double time_s = 0.1 * i;
    trace.readings.push_back({SharedClock::ns(time_s), value(time_s), Fault::none});
  }
  return trace;
}

Trace constant_power(double watts) {
  return trace_of(Quantity::watts, [watts](double) { return watts; });
}

base::Error error_of(const Trace& trace, const Rules& rules = {},
                     const Window& window = window_of(2.0, 18.0)) {
  const auto energy = energy_between(trace, window, rules);
  EXPECT_FALSE(energy);
  return energy ? base::Error{} : energy.error();
}

void expect_invalid(const Trace& trace, const char* why, const Rules& rules = {}) {
  const base::Error error = error_of(trace, rules);
  EXPECT_EQ(error.kind, ErrorKind::invalid_measurement) << error.message;
  EXPECT_THAT(error.message, HasSubstr(why));
}

TEST(WindowEnergy, OfAStraightRampIsExact) {
  const Trace ramp = trace_of(Quantity::watts, [](double time_s) { return 5.0 + time_s; });
  const auto energy = energy_between(ramp, window_of(2.03, 17.46), {});
  ASSERT_TRUE(energy) << energy.error().message;
  // 5 t + t^2 / 2 between the two.
  EXPECT_NEAR(energy->joules, 5.0 * 15.43 + 0.5 * (17.46 * 17.46 - 2.03 * 2.03), 1e-6);
  EXPECT_NEAR(energy->peak_w.value(), 22.4, 1e-9);
  EXPECT_EQ(energy->samples, 154);
}

TEST(WindowEnergy, PartsAddUpToTheWhole) {
  const Trace wave = trace_of(Quantity::watts, [](double t) { return 10.0 + 3.0 * std::sin(1.3 * t); });
  const double whole = energy_between(wave, window_of(2.0, 18.0), {})->joules;
  const double left = energy_between(wave, window_of(2.0, 7.777), {})->joules;
  const double right = energy_between(wave, window_of(7.777, 18.0), {})->joules;
  EXPECT_NEAR(left + right, whole, 1e-9 * whole);
}

TEST(WindowEnergy, ACounterThatMayHaveWrappedUnseenIsInvalid) {
  // 7 W; it wraps every 13 readings.
  Trace trace = trace_of(Quantity::joules, [](double time_s) { return std::fmod(7.0 * time_s, 9.1); });
  trace.facts.wraps_at_j = 9.1;
  trace.facts.rated_w = 2.0;  // at most 20 W: 6 J in the 0.3 s that a reading may lag behind
  const auto energy = energy_between(trace, window_of(2.0, 18.0), {});
  ASSERT_TRUE(energy) << energy.error().message;
  EXPECT_NEAR(energy->joules, 112.0, 1e-6);
  trace.facts.rated_w = 4.0;  // 12 J, more than a wrap
  expect_invalid(trace, "wrap unseen");
}

TEST(WindowEnergy, AGapInPowerIsNamedAndALargeOneIsInvalid) {
  Trace trace = constant_power(12.0);
  const auto drop = [&trace](double from_s, double to_s) {
    std::erase_if(trace.readings, [&](const Reading& reading) {
      return reading.time_ns > SharedClock::ns(from_s) && reading.time_ns < SharedClock::ns(to_s);
    });
  };
  drop(5.0, 5.7);
  const auto energy = energy_between(trace, window_of(2.0, 18.0), {});
  ASSERT_TRUE(energy) << energy.error().message;
  ASSERT_EQ(energy->gaps.size(), 1U);
  EXPECT_NEAR(energy->gaps[0].from_s, 3.0, 1e-6);
  EXPECT_NEAR(energy->gaps[0].to_s, 3.7, 1e-6);
  EXPECT_NEAR(energy->joules, 12.0 * 16.0, 1e-6);
  drop(9.0, 12.0);
  expect_invalid(trace, "gaps between its readings take 3.7 of 16 s");
  Trace counter = trace_of(Quantity::joules, [](double time_s) { return 12.0 * time_s; });
  std::erase_if(counter.readings, [](const Reading& reading) {
    return reading.time_ns > SharedClock::ns(9.0) && reading.time_ns < SharedClock::ns(12.0);
  });
  EXPECT_NEAR(energy_between(counter, window_of(2.0, 18.0), {})->joules, 192.0, 1e-6);
}

TEST(WindowEnergy, WhatIsImpossibleIsInvalid) {
  expect_invalid(constant_power(12'000.0), "more than 3000 W is not possible");
  Rules narrow;
  narrow.most_w[Scope::board] = 10.0;
  expect_invalid(constant_power(12.0), "more than 10 W is not possible", narrow);
  Trace rated = constant_power(301.0);
  rated.facts.rated_w = 30.0;
  expect_invalid(rated, "more than 300 W");
  expect_invalid(constant_power(0.0), "0 W throughout");
  expect_invalid(constant_power(-12.0), "negative");
  Trace back_in_time = constant_power(12.0);
  std::swap(back_in_time.readings[50], back_in_time.readings[60]);
  expect_invalid(back_in_time, "time stamps go back");
}

TEST(WindowEnergy, APowerThatNeverChangesIsStuckOnlyWhereWorkWentOn) {
  EXPECT_TRUE(energy_between(constant_power(12.0), window_of(2.0, 18.0), {}));
  Rules working;
  working.working = true;
  expect_invalid(constant_power(12.0), "stuck", working);
  // Idle before it, the same throughout the work: a coarse sensor, not a stuck one.
  const Trace coarse = trace_of(Quantity::watts, [](double time_s) { return time_s < 1.5 ? 3.0 : 12.0; });
  EXPECT_TRUE(energy_between(coarse, window_of(2.0, 18.0), working));
  Trace estimate = constant_power(12.0);
  estimate.facts.grade = device::Grade::d;
  EXPECT_TRUE(energy_between(estimate, window_of(2.0, 18.0), working));
}

TEST(WindowEnergy, OneUnreadableReadingIsLeftOutAndManyAreInvalid) {
  Trace trace = constant_power(12.0);
  trace.readings[100] = {trace.readings[100].time_ns, 0.0, Fault::unreadable};
  EXPECT_NEAR(energy_between(trace, window_of(2.0, 18.0), {})->joules, 192.0, 1e-6);
  for (std::size_t i = 60; i < 80; ++i) trace.readings[i].fault = Fault::malformed;
  expect_invalid(trace, "no number in 21 of 161 readings");
}

TEST(WindowEnergy, AFaultOutsideOfTheWindowDoesNotCount) {
  Trace trace = constant_power(12.0);
  trace.readings[5].fault = Fault::not_a_number;
  EXPECT_TRUE(energy_between(trace, window_of(2.0, 18.0), {}));
  EXPECT_FALSE(energy_between(trace, window_of(0.3, 18.0), {}));
}

TEST(WindowEnergy, WhatCannotBeToldIsAbsentWithTheReason) {
  Trace trace = constant_power(12.0);
  const auto expect_absent = [&trace](const Window& window, const char* why) {
    const base::Error error = error_of(trace, {}, window);
    EXPECT_EQ(error.kind, ErrorKind::environment) << error.message;
    EXPECT_THAT(error.message, HasSubstr(why));
  };
  expect_absent(window_of(5.0, 5.0), "no length");
  expect_absent(window_of(5.0, 5.15), "too short for this sensor, which needs 0.2 s");
  expect_absent(window_of(5.0, 25.0), "end 5 s before");
  expect_absent(window_of(30.0, 40.0), "readings in the window");
  trace.facts.least_window_s = 10.0;
  expect_absent(window_of(5.0, 14.0), "needs 10 s");
  trace.readings.clear();
  expect_absent(window_of(2.0, 18.0), "0 readings");
}

TEST(WindowEnergy, ACounterMayLagBehindATickButNotSticks) {
  // It moves every half second only.
  Trace lumpy =
      trace_of(Quantity::joules, [](double time_s) { return 12.0 * std::floor(2.0 * time_s + 1e-6) / 2.0; });
  lumpy.facts.update_period_s = 0.5;
  const auto energy = energy_between(lumpy, window_of(2.0, 18.0), {});
  ASSERT_TRUE(energy) << energy.error().message;
  EXPECT_NEAR(energy->joules, 192.0, 6.0);
  expect_invalid(trace_of(Quantity::joules, [](double) { return 4.0; }), "stuck");
}

}  // namespace
}  // namespace bantam::energy
