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
  EXPECT_GE(sensors.size(), 10U);
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
  tree.add("sys/class/powercap/intel-rapl:0/name", "package-0")
      .add("sys/class/powercap/intel-rapl:0/energy_uj", "12");
  tree.add("sys/class/powercap/intel-rapl:0:0/name", "core")
      .add("sys/class/powercap/intel-rapl:0:0/energy_uj", "3");
  tree.add("sys/class/hwmon/hwmon3/name", "ina3221").add("sys/class/hwmon/hwmon3/curr1_input", "410");
  tree.add("sys/class/hwmon/hwmon3/in1_label", "VDD_IN").add("sys/class/hwmon/hwmon1/name", "coretemp");
  tree.add("sys/class/hwmon/hwmon1/curr1_input", "1");
  tree.add("sys/class/power_supply/BAT0/type", "Battery")
      .add("sys/class/power_supply/BAT0/energy_now", "50000000");
  tree.add("sys/class/power_supply/AC/type", "Mains")
      .add("sys/class/thermal/thermal_zone0/type", "cpu-thermal");
  tree.add("sys/class/thermal/thermal_zone0/temp", "45000").add("proc/pressure/cpu", "some avg10=0.00");
  const auto sensors = find_sensors(tree.root());
  for (const char* name : {"intel-rapl:package-0", "intel-rapl:core", "hwmon:ina3221:VDD_IN", "battery:BAT0",
                           "thermal:cpu-thermal", "pressure:cpu"}) {
    ASSERT_TRUE(named(sensors, name).has_value()) << name;
    EXPECT_TRUE(named(sensors, name)->found) << name;
  }
  EXPECT_EQ(named(sensors, "intel-rapl:package-0")->grade, Grade::b);
  EXPECT_EQ(named(sensors, "hwmon:ina3221:VDD_IN")->unit, "mA");
  EXPECT_FALSE(named(sensors, "hwmon:coretemp:curr1").has_value());
  EXPECT_FALSE(named(sensors, "pressure:io")->found);
}

TEST(Sensors, PerformanceCountersNeedTheKernelsPermission) {
  support::FakeTree tree;
  tree.add("proc/sys/kernel/perf_event_paranoid", "4\n");
  EXPECT_THAT(named(find_sensors(tree.root()), "perf_events")->reason, HasSubstr("perf_event_paranoid is 4"));
  tree.add("proc/sys/kernel/perf_event_paranoid", "2\n");
  EXPECT_TRUE(named(find_sensors(tree.root()), "perf_events")->found);
}

TEST(Sensors, JsonHasTheGradeOnlyOfEnergyAndPower) {
  const support::FakeTree empty;
  const auto sensors = find_sensors(empty.root());
  EXPECT_EQ(base::string_at(to_json(*named(sensors, "rapl")), "grade"), "B");
  EXPECT_FALSE(to_json(*named(sensors, "thermal")).contains("grade"));
}

}  // namespace
}  // namespace bantam::device
