#include "device/sensors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "support/fake_tree.hpp"

namespace bantam::device {
namespace {

using ::testing::HasSubstr;

std::optional<Sensor> named(const std::vector<Sensor>& sensors, std::string_view name) {
  const auto found = std::ranges::find(sensors, name, &Sensor::name);
  return found == sensors.end() ? std::nullopt : std::optional(*found);
}

TEST(Sensors, MissingKindsAreListedWithTheirReason) {
  const support::FakeTree empty;
  const auto sensors = find_sensors(empty.root());
  EXPECT_GE(sensors.size(), 7U);  // energy and power: tests/energy/find_test.cpp
  for (const Sensor& sensor : sensors) {
    EXPECT_FALSE(sensor.found) << sensor.name;
    EXPECT_FALSE(sensor.reason.empty()) << sensor.name;
  }
}

TEST(Sensors, OfThisMachineAreEitherFoundOrHaveAReason) {
  for (const Sensor& sensor : find_sensors()) EXPECT_EQ(sensor.found, sensor.reason.empty()) << sensor.name;
}

TEST(Sensors, AreNamedByTheirLabels) {
  support::FakeTree tree;
  tree.add("sys/class/thermal/thermal_zone0/type", "cpu-thermal");
  tree.add("sys/class/thermal/thermal_zone0/temp", "45000").add("proc/pressure/cpu", "some avg10=0.00");
  const auto sensors = find_sensors(tree.root());
  for (const char* name : {"thermal:cpu-thermal", "pressure:cpu"}) {
    ASSERT_TRUE(named(sensors, name).has_value()) << name;
    EXPECT_TRUE(named(sensors, name)->found) << name;
  }
  EXPECT_FALSE(named(sensors, "pressure:io")->found);
}

TEST(Sensors, PerformanceCountersNeedTheKernelsPermission) {
  support::FakeTree tree;
  tree.add("proc/sys/kernel/perf_event_paranoid", "4\n");
  EXPECT_THAT(named(find_sensors(tree.root()), "perf_events")->reason, HasSubstr("perf_event_paranoid is 4"));
  tree.add("proc/sys/kernel/perf_event_paranoid", "2\n");
  EXPECT_TRUE(named(find_sensors(tree.root()), "perf_events")->found);
}

TEST(Sensors, JsonHasGradeAndScopeOnlyOfEnergyAndPower) {
  Sensor power{"meter", "power", "W", Grade::a, true, "/dev/ttyUSB0", ""};
  power.scope = "wall";
  EXPECT_EQ(base::string_at(to_json(power), "grade"), "A");
  EXPECT_EQ(base::string_at(to_json(power), "scope"), "wall");
  const support::FakeTree empty;
  const auto sensors = find_sensors(empty.root());
  EXPECT_FALSE(to_json(*named(sensors, "thermal")).contains("grade"));
  EXPECT_FALSE(to_json(*named(sensors, "thermal")).contains("scope"));
}

}  // namespace
}  // namespace bantam::device
