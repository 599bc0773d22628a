// Sources that give a power: monitors on boards and the power chip of a Raspberry Pi 5.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "energy/world.hpp"

namespace bantam::energy {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

constexpr double kTurns = 2.0 * std::numbers::pi / 5.0;

double watts_at(double time_s) {
  return 10.0 + 4.0 * std::sin(kTurns * time_s);
}
double joules_until(double time_s) {
  return 10.0 * time_s + 4.0 / kTurns * (1.0 - std::cos(kTurns * time_s));
}
double joules_between(double from_s, double to_s) {
  return joules_until(to_s) - joules_until(from_s);
}

TEST(Jetson, TheTotalRailIsFoundByItsLabelAndIsVoltageTimesCurrent) {
  support::FakeTree tree;
  const std::string chip = "sys/class/hwmon/hwmon4/";
  tree.add(chip + "name", "ina3221\n");
  const char* labels[] = {"VDD_CPU_GPU_CV\n", "VDD_IN\n", "VDD_SOC\n"};
  for (int n = 1; n <= 3; ++n) {
    const std::string number = std::to_string(n);
    tree.add(chip + "in" + number + "_label", labels[n - 1]).add(chip + "in" + number + "_input", "5000\n");
    tree.add(chip + "curr" + number + "_input", "100\n");
  }
  SharedClock clock;
  const Found found = find_sources(request_below(tree.root()), clock).value();
  ASSERT_EQ(found.present.size(), 1U);
  Source& source = *found.present[0];
  EXPECT_EQ(source.facts().name, "hwmon:ina3221:VDD_IN");
  EXPECT_EQ(source.facts().scope, Scope::board);
  EXPECT_EQ(source.facts().grade, device::Grade::c);
  const Trace trace = watch(source, clock, {}, [&](double time_s) {
    replace_file(tree.root() / chip / "curr2_input",
                 std::to_string(std::llround(watts_at(time_s) / 5.0 * 1e3)));
  });
  const auto energy = energy_between(trace, window_of(1.0, 18.0), {});
  ASSERT_TRUE(energy) << energy.error().message;
  EXPECT_NEAR(energy->joules, joules_between(1.0, 18.0), 0.005 * joules_between(1.0, 18.0));
  EXPECT_NEAR(energy->peak_w.value(), 14.0, 0.1);
}

TEST(Jetson, WithoutATotalEachRailStandsForItself) {
  support::FakeTree tree;
  for (const char* n : {"1", "2"}) {
    const std::string chip = "sys/class/hwmon/hwmon4/";
    tree.add(chip + "name", "ina3221").add(chip + "in" + n + "_label", std::string("RAIL_") + n);
    tree.add(chip + "in" + n + "_input", "5000").add(chip + "curr" + n + "_input", "100");
  }
  const SharedClock clock;
  const Found found = find_sources(request_below(tree.root()), clock).value();
  ASSERT_EQ(found.present.size(), 2U);
  for (const auto& source : found.present) EXPECT_EQ(source->facts().scope, Scope::rail);
}

TEST(Hwmon, PowerIsInMicrowattsAndItsPlaceComesFromTheChip) {
  support::FakeTree tree;
  tree.add("sys/class/hwmon/hwmon0/name", "amdgpu").add("sys/class/hwmon/hwmon0/power1_average", "30000000");
  tree.add("sys/class/hwmon/hwmon0/power1_cap", "200000000");
  tree.add("sys/class/hwmon/hwmon1/name", "ina226").add("sys/class/hwmon/hwmon1/power1_input", "7500000");
  tree.add("sys/class/hwmon/hwmon1/update_interval", "35");
  tree.add("sys/class/hwmon/hwmon2/name", "power_meter")
      .add("sys/class/hwmon/hwmon2/power1_average", "120000000");
  const SharedClock clock;
  const Found found = find_sources(request_below(tree.root()), clock).value();
  std::array<Reading, 1> reading{};
  Source* gpu = named(found, "hwmon:amdgpu:power1");
  ASSERT_NE(gpu, nullptr);
  EXPECT_EQ(gpu->facts().scope, Scope::gpu);
  EXPECT_EQ(gpu->facts().rated_w, 200.0);
  EXPECT_EQ(gpu->read(reading), 1U);
  EXPECT_DOUBLE_EQ(reading[0].value, 30.0);
  Source* monitor = named(found, "hwmon:ina226:power1");
  ASSERT_NE(monitor, nullptr);
  EXPECT_EQ(monitor->facts().scope, Scope::rail);
  EXPECT_EQ(monitor->facts().update_period_s, 0.035);
  EXPECT_EQ(monitor->read(reading), 1U);
  EXPECT_DOUBLE_EQ(reading[0].value, 7.5);
  EXPECT_EQ(named(found, "hwmon:power_meter:power1")->facts().scope, Scope::board);
}

class PmicTest : public ::testing::Test {
 protected:
  PmicTest() {
    tree_.add("proc/device-tree/model", std::string("Raspberry Pi 5 Model B Rev 1.0\0", 31));
    tree_.add("adc", adc(1.0));
    script("case \"$1\" in pmic_read_adc) cat " + (tree_.root() / "adc").string() + ";; esac");
  }
  void script(const std::string& body) {
    tree_.add("usr/bin/vcgencmd", "#!/bin/sh\n" + body + "\n");
    fs::permissions(tree_.root() / "usr/bin/vcgencmd", fs::perms::owner_all);
  }
  // Two rails of these watts together, and the inputs, which have no current.
  static std::string adc(double watts) {
    const double half = 0.5 * watts;
    return "     3V7_WL_SW_A current(0)=" + std::to_string(half / 3.7) +
           "A\n       VDD_CORE_A current(7)=" + std::to_string(half / 0.8) +
           "A\n     3V7_WL_SW_V volt(8)=3.70000000V\n       VDD_CORE_V volt(15)=0.80000000V\n"
           "          EXT5V_V volt(24)=5.15094000V\n           BATT_V volt(25)=0.00000000V\n";
  }
  Found find() { return find_sources(request_below(tree_.root()), clock_).value(); }

  support::FakeTree tree_;
  SharedClock clock_;
};

TEST_F(PmicTest, RailsAreAddedAsVoltageTimesCurrent) {
  const Found found = find();
  Source* source = named(found, "raspberry_pi_pmic");
  ASSERT_NE(source, nullptr) << reason(found, "raspberry_pi_pmic");
  const Course course{20.0, 0.05, 2};
  const Trace trace = watch(*source, clock_, course, [&](double time_s) {
    replace_file(tree_.root() / "adc", adc(watts_at(time_s) / 2.0));
  });
  const auto energy = energy_between(trace, window_of(1.0, 18.0), {});
  ASSERT_TRUE(energy) << energy.error().message;
  const double truth = 0.5 * joules_between(1.0, 18.0);
  EXPECT_NEAR(energy->joules, truth, 0.01 * truth);
}

TEST_F(PmicTest, WhatCannotBeUsedSaysWhy) {
  script("echo 'VCHI initialization failed' >&2; exit 255");
  EXPECT_THAT(reason(find(), "raspberry_pi_pmic"), HasSubstr("VCHI initialization failed"));
  script("echo 'VDD_CORE_A current(7)=1.0A'");
  EXPECT_THAT(reason(find(), "raspberry_pi_pmic"), HasSubstr("no currents with their voltages"));
  script("sleep 5");
  EXPECT_THAT(reason(find(), "raspberry_pi_pmic"), HasSubstr("did not answer"));
  fs::remove(tree_.root() / "usr/bin/vcgencmd");
  EXPECT_THAT(reason(find(), "raspberry_pi_pmic"), HasSubstr("cannot start"));
  tree_.add("proc/device-tree/model", "Raspberry Pi 4 Model B");
  EXPECT_EQ(reason(find(), "raspberry_pi_pmic"), "this is no Raspberry Pi 5");
}

}  // namespace
}  // namespace bantam::energy
