#include "energy/find.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "energy/world.hpp"

namespace bantam::energy {
namespace {

using ::testing::HasSubstr;

std::optional<device::Sensor> line_of(const Found& found, std::string_view name) {
  const auto lines = listing(found);
  const auto line = std::ranges::find(lines, name, &device::Sensor::name);
  return line == lines.end() ? std::nullopt : std::optional(*line);
}

TEST(FindSources, MissingKindsAreListedWithTheirReason) {
  const support::FakeTree empty;
  const SharedClock clock;
  const auto found = find_sources(request_below(empty.root()), clock);
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->present.empty());
  for (const char* kind :
       {"rapl", "nvml", "hwmon_power", "intel_gpu", "raspberry_pi_pmic", "battery", "external_meter"}) {
    const auto line = line_of(*found, kind);
    ASSERT_TRUE(line.has_value()) << kind;
    EXPECT_FALSE(line->found) << kind;
    EXPECT_FALSE(line->reason.empty()) << kind;
    EXPECT_TRUE(line->grade.has_value()) << kind;
  }
  EXPECT_GE(listing(*found).size() + device::find_sensors(empty.root()).size(), 14U);
}

TEST(FindSources, OfThisMachineAreEitherFoundOrHaveAReason) {
  const base::MonotonicClock clock;
  const auto found = find_sources({}, clock);
  ASSERT_TRUE(found);
  for (const device::Sensor& line : listing(*found)) EXPECT_EQ(line.found, line.reason.empty()) << line.name;
}

TEST(FindSources, AreNamedByTheirLabels) {
  support::FakeTree tree;
  tree.add("sys/class/powercap/intel-rapl:0/name", "package-0\n")
      .add("sys/class/powercap/intel-rapl:0/energy_uj", "12\n");
  tree.add("sys/class/powercap/intel-rapl:0:0/name", "core\n")
      .add("sys/class/powercap/intel-rapl:0:0/energy_uj", "3\n");
  tree.add("sys/class/hwmon/hwmon3/name", "ina3221").add("sys/class/hwmon/hwmon3/curr1_input", "410");
  tree.add("sys/class/hwmon/hwmon3/in1_label", "VDD_IN").add("sys/class/hwmon/hwmon3/in1_input", "5000");
  tree.add("sys/class/hwmon/hwmon1/name", "coretemp").add("sys/class/hwmon/hwmon1/curr1_input", "1");
  tree.add("sys/class/power_supply/BAT0/type", "Battery")
      .add("sys/class/power_supply/BAT0/energy_full", "57000000")
      .add("sys/class/power_supply/BAT0/energy_now", "50000000");
  tree.add("sys/class/power_supply/AC/type", "Mains");
  const SharedClock clock;
  const auto found = find_sources(request_below(tree.root()), clock);
  ASSERT_TRUE(found);
  for (const char* name :
       {"intel-rapl:package-0", "intel-rapl:package-0:core", "hwmon:ina3221:VDD_IN", "battery:BAT0"}) {
    ASSERT_TRUE(line_of(*found, name).has_value()) << name;
    EXPECT_TRUE(line_of(*found, name)->found) << name;
  }
  EXPECT_EQ(line_of(*found, "intel-rapl:package-0")->grade, device::Grade::b);
  EXPECT_EQ(line_of(*found, "intel-rapl:package-0")->scope, "package");
  EXPECT_EQ(line_of(*found, "hwmon:ina3221:VDD_IN")->unit, "mV x mA");
  EXPECT_EQ(line_of(*found, "hwmon:ina3221:VDD_IN")->scope, "board");
  EXPECT_FALSE(line_of(*found, "hwmon:coretemp:curr1").has_value());
}

TEST(FindSources, AnEstimateIsThereOnlyWhenAskedForAndIsGradeD) {
  const support::FakeTree empty;
  const SharedClock clock;
  Request request = request_below(empty.root());
  request.tdp_w = 15.0;
  const auto found = find_sources(request, clock);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->present.size(), 1U);
  EXPECT_EQ(found->present[0]->facts().grade, device::Grade::d);
  EXPECT_THAT(found->present[0]->facts().name, HasSubstr("estimate"));
  for (const double watts : {0.0, -15.0, 1e6}) {
    request.tdp_w = watts;
    EXPECT_EQ(find_sources(request, clock).error().kind, base::ErrorKind::usage) << watts;
  }
}

// A processor's counters may be there by its registers and by memory; they are the same counters.
TEST(FindSources, AZoneOfTwoInterfacesCountsOnce) {
  support::FakeTree tree;
  for (const char* zone : {"intel-rapl-mmio:0", "intel-rapl:0"}) {
    tree.add(std::string("sys/class/powercap/") + zone + "/name", "package-0");
    tree.add(std::string("sys/class/powercap/") + zone + "/energy_uj", "1");
  }
  const SharedClock clock;
  const auto found = find_sources(request_below(tree.root()), clock);
  ASSERT_EQ(found->present.size(), 1U);
  EXPECT_EQ(found->present[0]->facts().name, "intel-rapl:package-0");
}

TEST(FindSources, ARootOfItsOwnHasItsOwnPrograms) {
  const Roots roots = roots_under("/some/where");
  EXPECT_EQ(roots.sysfs, "/some/where/sys");
  EXPECT_EQ(roots.vcgencmd, "/some/where/usr/bin/vcgencmd");
  EXPECT_EQ(roots.nvml_library, "");
  EXPECT_EQ(roots_under("/").vcgencmd, "vcgencmd");
}

}  // namespace
}  // namespace bantam::energy
