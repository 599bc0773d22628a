#include "measure/validity.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "support/fake_tree.hpp"
#include "support/temp_dir.hpp"

namespace bantam::measure {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Ten seconds of a machine with two CPUs, of which we used six.
Window quiet_window() {
  return {.total_s = 20.0,
          .steal_s = 0.2,
          .others_s = 0.4,
          .swapped_in_pages = 0,
          .major_faults = 0,
          .suspended_s = 0.0,
          .stops = 0,
          .frozen_s = 0.0};
}

TEST(Judge, AQuietMachineGivesNoVerdict) {
  const Validity validity = judge("single_stream", quiet_window(), {});
  EXPECT_THAT(validity.reasons, IsEmpty());
  EXPECT_THAT(validity.warnings, IsEmpty());
}

TEST(Judge, EachGateTellsItsNumber) {
  Window window = quiet_window();
  window.steal_s = 1.5;
  window.others_s = 5.0;
  window.swapped_in_pages = 12;
  const Validity validity = judge("offline", window, {});
  EXPECT_THAT(validity.warnings, ElementsAre(HasSubstr("7.5 %"), HasSubstr("25.0 %"), HasSubstr("12 pages")));
  EXPECT_THAT(validity.reasons, IsEmpty());
}

TEST(Judge, ASuspendedMachineInvalidates) {
  Window window = quiet_window();
  window.suspended_s = 30.0;
  EXPECT_THAT(judge("single_stream", window, {}).reasons, ElementsAre(HasSubstr("suspended for 30.0 s")));
}

TEST(Judge, APausedContainerInvalidates) {
  Window window = quiet_window();
  window.frozen_s = 0.5;
  EXPECT_THAT(judge("single_stream", window, {}).reasons, ElementsAre(HasSubstr("frozen for 0.5 s")));
  EXPECT_TRUE(disturbance(window_from(to_json(window))));
  EXPECT_FALSE(disturbance(quiet_window()));
}

TEST(Judge, AGateCanBeSetToInvalidate) {
  Gates gates;
  gates.others_share.invalid_above = 0.10;
  Window window = quiet_window();
  window.others_s = 5.0;
  const Validity validity = judge("single_stream", window, gates);
  EXPECT_THAT(validity.reasons, ElementsAre(HasSubstr("25.0 %")));
  EXPECT_THAT(validity.warnings, IsEmpty());
}

TEST(Judge, SharesOfAShortWindowAreNotJudged) {
  Window window;
  window.total_s = 0.1;
  window.others_s = 0.05;
  EXPECT_THAT(judge("single_stream", window, {}).warnings, IsEmpty());
}

TEST(Judge, WhatIsNotKnownIsNotJudged) {
  EXPECT_THAT(judge("single_stream", {}, {}).warnings, IsEmpty());
}

// Others had 30 % of 20 s of CPU time, the hypervisor 10 %: a quiet machine would have taken 0.7 of the time.
TEST(Disturbance, WhatOthersTookShortensTheTimeOfAQuietMachine) {
  Window window = quiet_window();
  window.total_s = 20.0;
  window.others_s = 6.0;
  window.steal_s = 2.0;
  EXPECT_DOUBLE_EQ(with_disturbance({0.95, 1.1}, window).least, 0.7);
  EXPECT_DOUBLE_EQ(with_disturbance({0.95, 1.1}, window).most, 1.1);
  EXPECT_DOUBLE_EQ(with_disturbance({0.5, 1.1}, window).least, 0.5);
  window.others_s = 0.8;  // 4 %
  EXPECT_DOUBLE_EQ(with_disturbance({0.95, 1.1}, window).least, 0.9);
}

TEST(Disturbance, WhatIsNotKnownOrTooShortChangesNothing) {
  EXPECT_DOUBLE_EQ(with_disturbance({0.95, 1.1}, {}).least, 0.95);
  Window window = quiet_window();
  window.total_s = 0.1;
  window.others_s = 0.1;
  EXPECT_DOUBLE_EQ(with_disturbance({0.95, 1.1}, window).least, 0.95);
}

TEST(SpinProbes, DriftIsFoundThroughSingleDisturbances) {
  const std::vector<double> steady{1.00, 1.30, 1.00, 1.00, 1.40, 1.01, 1.00, 1.25};
  const std::vector<double> throttled{1.00, 1.00, 1.00, 1.10, 1.20, 1.30, 1.30, 1.31};
  EXPECT_THAT(judge_spin_probes("x", steady, {}).warnings, IsEmpty());
  EXPECT_THAT(judge_spin_probes("x", throttled, {}).warnings, ElementsAre(HasSubstr("+30.0 %")));
  EXPECT_THAT(judge_spin_probes("x", std::vector<double>{1.0}, {}).warnings, IsEmpty());
}

TEST(Window, IsTheDifferenceOfTwoSnapshots) {
  support::FakeTree tree;
  const auto snapshot = [&](const char* stat, const char* own, const char* vmstat) {
    tree.add("stat", stat).add("self/stat", own).add("vmstat", vmstat);
    return read_snapshot(tree.root());
  };
  // Ticks of 10 ms. user nice system idle iowait irq softirq steal guest guest_nice.
  const auto before = snapshot("cpu  1000 0 100 5000 10 0 0 50 0 0\ncpu0 1 2 3\n",
                               "42 (a (b) c) R 1 1 1 0 -1 0 70 0 3 0 500 40 0 0\n", "pswpin 7\npswpout 9\n");
  const auto after =
      snapshot("cpu  1600 0 200 5280 10 0 0 70 0 0\ncpu0 1 2 3\n",
               "42 (a (b) c) R 1 1 1 0 -1 0 80 0 5 0 1000 140 0 0\n", "pswpin 10\npswpout 9\n");
  const Window window = window_between(before, after);
  EXPECT_NEAR(window.total_s.value(), 10.0, 1e-9);
  EXPECT_NEAR(window.steal_s.value(), 0.2, 1e-9);
  EXPECT_NEAR(window.others_s.value(), 1.0, 1e-9);  // 7 s busy, 6 s of them ours
  EXPECT_EQ(window.swapped_in_pages, 3);
  EXPECT_EQ(window.major_faults, 2);
  const Window copy = window_from(to_json(window));
  EXPECT_EQ(copy.others_s, window.others_s);
  EXPECT_EQ(copy.major_faults, window.major_faults);
}

Window between(const support::FakeTree& before, const support::FakeTree& after) {
  return window_between(read_snapshot("/nowhere", before.root()), read_snapshot("/nowhere", after.root()));
}

TEST(Window, ThrottlingIsCountedPerCoreAndOncePerPackage) {
  const auto machine = [](support::FakeTree& tree, const char* first, const char* second,
                          const char* package) {
    const std::string cpus = "devices/system/cpu/";
    tree.add(cpus + "cpu0/thermal_throttle/core_throttle_count", first)
        .add(cpus + "cpu1/thermal_throttle/core_throttle_count", second)
        .add(cpus + "cpu0/thermal_throttle/package_throttle_count", package)
        .add(cpus + "cpu1/thermal_throttle/package_throttle_count", package);
  };
  support::FakeTree before;
  support::FakeTree after;
  machine(before, "3\n", "0\n", "5\n");
  machine(after, "4\n", "2\n", "6\n");
  const Window window = between(before, after);
  EXPECT_EQ(window.throttle_events, 4);
  EXPECT_EQ(window_from(to_json(window)).throttle_events, 4);
  EXPECT_THAT(judge("pp", window, {}).warnings, ElementsAre(HasSubstr("throttled 4 times")));
}

// The bits of vcgencmd get_throttled: 1 to 3 now, 17 to 19 since the start; 0 and 16 are under-voltage.
TEST(Window, ARaspberryPiTellsThrottlingByFlags) {
  const auto events = [](const char* before, const char* after) {
    const std::string file = "devices/platform/soc/soc:firmware/get_throttled";
    support::FakeTree first;
    support::FakeTree second;
    first.add(file, before);
    second.add(file, after);
    return between(first, second).throttle_events;
  };
  EXPECT_EQ(events("0\n", "0\n"), 0);
  EXPECT_EQ(events("50000\n", "50000\n"), 0) << "before this window";
  EXPECT_EQ(events("0\n", "40000\n"), 1) << "it came and went";
  EXPECT_EQ(events("50005\n", "50005\n"), 1) << "still";
  EXPECT_EQ(events("0\n", "60006\n"), 2) << "capped, and throttled";
  EXPECT_EQ(events("0\n", "10001\n"), 0) << "under-voltage alone slows nothing";
  EXPECT_FALSE(events("rubbish\n", "0\n"));
}

TEST(Window, OfAMachineWithoutTheseFilesIsUnknown) {
  const support::TempDir empty;
  const Snapshot snapshot = read_snapshot(empty.path());
  const Window window = window_between(snapshot, snapshot);
  EXPECT_FALSE(window.total_s.has_value());
  EXPECT_FALSE(window.others_s.has_value());
  EXPECT_FALSE(window.swapped_in_pages.has_value());
}

TEST(Window, ASumIsKnownOnlyWhereAllPartsAre) {
  Window unknown = quiet_window();
  unknown.steal_s.reset();
  const Window sum = total(std::vector<Window>{quiet_window(), quiet_window(), unknown});
  EXPECT_DOUBLE_EQ(sum.total_s.value(), 60.0);
  EXPECT_FALSE(sum.steal_s.has_value());
}

TEST(SpinProbe, TakesTimeOnARealClock) {
  EXPECT_GT(spin_probe_s(base::MonotonicClock()), 1e-5);
}

}  // namespace
}  // namespace bantam::measure
