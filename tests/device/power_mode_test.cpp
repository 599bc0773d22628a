#include "device/power_mode.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "device/facts.hpp"
#include "support/fake_tree.hpp"

namespace bantam::device {
namespace {

using ::testing::HasSubstr;

PowerMode mode_of(const support::FakeTree& tree) {
  std::map<std::string, std::string> absent;
  return read_power_mode(tree.root(), absent);
}

TEST(PowerMode, OfALaptopOnItsBattery) {
  support::FakeTree tree;
  tree.add("sys/firmware/acpi/platform_profile", "low-power\n");
  for (const char* policy : {"policy0", "policy1"}) {
    tree.add(std::string("sys/devices/system/cpu/cpufreq/") + policy + "/energy_performance_preference",
             "balance_power\n");
  }
  tree.add("sys/class/power_supply/AC/type", "Mains\n").add("sys/class/power_supply/AC/online", "0\n");
  tree.add("sys/class/power_supply/BAT0/type", "Battery\n")
      .add("sys/class/power_supply/BAT0/status", "Discharging\n");
  const PowerMode mode = mode_of(tree);
  EXPECT_EQ(mode.platform_profile, "low-power");
  EXPECT_EQ(mode.energy_preference, "balance_power");
  EXPECT_EQ(mode.supply, "battery");
  EXPECT_FALSE(mode.nvpmodel.has_value());
  tree.add("sys/class/power_supply/AC/online", "1\n");  // a weak charger
  tree.add("sys/devices/system/cpu/cpufreq/policy1/energy_performance_preference", "performance\n");
  EXPECT_EQ(mode_of(tree).supply, "mains");
  EXPECT_EQ(mode_of(tree).energy_preference, "balance_power, performance");
  const base::Json json = base::child_at(to_json(read_facts("/", tree.root())), "power");
  EXPECT_EQ(json, base::Json({{"platform_profile", "low-power"},
                              {"energy_preference", "balance_power, performance"},
                              {"supply", "mains"}}));
}

TEST(PowerMode, OfAJetsonHasItsNumberAndName) {
  support::FakeTree tree;
  tree.add("var/lib/nvpmodel/status", "pmode:0002 fmode:quiet\n");
  EXPECT_EQ(mode_of(tree).nvpmodel, "2");
  tree.add("etc/nvpmodel.conf",
           "# < POWER_MODEL ID=2 NAME=NO >\n< POWER_MODEL ID=0 NAME=MAXN >\nCPU_ONLINE CORE_0 1\n"
           "< POWER_MODEL ID=2 NAME=MODE_15W >\n");
  EXPECT_EQ(mode_of(tree).nvpmodel, "2 MODE_15W");
  tree.add("var/lib/nvpmodel/status", "pmode:\n");
  EXPECT_FALSE(mode_of(tree).nvpmodel.has_value());
}

TEST(PowerMode, OfADeviceWithoutChargerFilesFollowsFromItsBattery) {
  support::FakeTree tree;
  tree.add("sys/class/power_supply/battery/type", "Battery\n");
  EXPECT_FALSE(mode_of(tree).supply.has_value());
  tree.add("sys/class/power_supply/battery/status", "Charging\n");
  EXPECT_EQ(mode_of(tree).supply, "mains");
  tree.add("sys/class/power_supply/battery/status", "Discharging\n");
  EXPECT_EQ(mode_of(tree).supply, "battery");
  tree.add("sys/class/power_supply/battery/scope", "Device\n");  // of a mouse
  EXPECT_FALSE(mode_of(tree).supply.has_value());
}

TEST(PowerMode, IsAbsentWithAReason) {
  const support::FakeTree empty;
  const Facts facts = read_facts("/", empty.root());
  EXPECT_FALSE(facts.power.supply.has_value());
  EXPECT_THAT(facts.absent.at("power.platform_profile"), HasSubstr("platform_profile"));
  EXPECT_THAT(facts.absent.at("power.energy_preference"), HasSubstr("cpufreq"));
  EXPECT_THAT(facts.absent.at("power.nvpmodel"), HasSubstr("no Jetson"));
  EXPECT_THAT(facts.absent.at("power.supply"), HasSubstr("no battery"));
}

}  // namespace
}  // namespace bantam::device
