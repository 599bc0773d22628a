#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "energy/figures.hpp"
#include "energy/sampler.hpp"
#include "energy/world.hpp"

namespace bantam::energy {
namespace {

using ::testing::HasSubstr;

constexpr const char* kBattery = "sys/class/power_supply/BAT0/";

// From 8 W to 20 W in 20 minutes.
double watts_at(double time_s) {
  return 8.0 + 0.01 * time_s;
}
double joules_until(double time_s) {
  return 8.0 * time_s + 0.005 * time_s * time_s;
}
double joules_between(double from_s, double to_s) {
  return joules_until(to_s) - joules_until(from_s);
}

class BatteryTest : public ::testing::Test {
 protected:
  BatteryTest() {
    put("type", "Battery\n");
    put("status", "Discharging\n");
    tree_.add("sys/class/power_supply/AC/type", "Mains\n").add("sys/class/power_supply/AC/online", "0\n");
  }
  void put(const std::string& file, const std::string& content) { tree_.add(kBattery + file, content); }
  void change(const std::string& file, const std::string& content) {
    replace_file(tree_.root() / (kBattery + file), content);
  }
  Source* find(const std::string& name) {
    found_ = find_sources(request_below(tree_.root()), clock_).value();
    return named(found_, name);
  }
  // 20 minutes, a change each second.
  Trace watch_for_20_min(Source& source, const std::function<void(double time_s)>& show) {
    return watch(source, clock_, {1200.0, 1.0, 1}, show);
  }

  support::FakeTree tree_;
  SharedClock clock_;
  Found found_;
};

TEST_F(BatteryTest, TheGaugesWattHoursGiveTheEnergyOfTheCurve) {
  put("energy_full", "57000000\n");
  put("energy_now", "50000000\n");
  Source* source = find("battery:BAT0");
  ASSERT_NE(source, nullptr);
  const Trace trace = watch_for_20_min(*source, [this](double time_s) {
    change("energy_now", std::to_string(std::llround(50e6 - joules_until(time_s) / 3600.0 * 1e6)));
  });
  const auto energy = energy_between(trace, window_of(60.0, 1140.0), {});
  ASSERT_TRUE(energy) << energy.error().message;
  EXPECT_NEAR(energy->joules, joules_between(60.0, 1140.0), 0.01 * joules_between(60.0, 1140.0));
  const auto capacity = battery_capacity_wh(tree_.root() / "sys");
  ASSERT_TRUE(capacity.has_value());
  EXPECT_DOUBLE_EQ(*capacity, 57.0);
}

TEST_F(BatteryTest, ChargeTimesVoltageGivesTheEnergyWhileTheVoltageFalls) {
  put("charge_full", "4000\n");  // mAh, as drivers of some phones have it
  put("charge_now", "3800\n");
  put("voltage_now", "4200000\n");
  Source* source = find("battery:BAT0");
  ASSERT_NE(source, nullptr);
  // 2.5 A while the voltage falls from 4.2 V by 0.3 mV per second.
  const Trace trace = watch_for_20_min(*source, [this](double time_s) {
    change("voltage_now", std::to_string(std::llround((4.2 - 0.0003 * time_s) * 1e6)));
    change("charge_now", std::to_string(3800.0 - 2.5 * time_s / 3.6));
  });
  const auto energy = energy_between(trace, window_of(100.0, 1100.0), {});
  ASSERT_TRUE(energy) << energy.error().message;
  const double truth = 2.5 * (4.2 * 1000.0 - 0.00015 * (1100.0 * 1100.0 - 100.0 * 100.0));
  EXPECT_NEAR(energy->joules, truth, 0.01 * truth);
}

TEST_F(BatteryTest, AShortWindowSaysNothingByTheGauge) {
  put("energy_full", "57000000\n");
  put("energy_now", "50000000\n");
  Source* source = find("battery:BAT0");
  const Trace trace = watch_for_20_min(*source, [this](double time_s) {
    change("energy_now", std::to_string(std::llround(50e6 - joules_until(time_s) / 3600.0 * 1e6)));
  });
  const auto energy = energy_between(trace, window_of(60.0, 360.0), {});
  ASSERT_FALSE(energy);
  EXPECT_EQ(energy.error().kind, base::ErrorKind::environment);
  EXPECT_THAT(energy.error().message, HasSubstr("needs 600 s"));
}

struct Variant {
  const char* what;
  double per_ampere;  // what current_now says of one
};

class CurrentVariants : public BatteryTest, public ::testing::WithParamInterface<Variant> {};

TEST_P(CurrentVariants, GiveTheSamePower) {
  put("charge_full", "4000000\n");
  put("current_now", "0\n");
  put("voltage_now", "4000000\n");
  Source* source = find("battery:BAT0:power");
  ASSERT_NE(source, nullptr);
  const Trace trace = watch_for_20_min(*source, [this](double time_s) {
    change("current_now", std::to_string(std::llround(watts_at(time_s) / 4.0 * GetParam().per_ampere)));
  });
  const auto energy = energy_between(trace, window_of(60.0, 1140.0), {});
  ASSERT_TRUE(energy) << energy.error().message;
  EXPECT_NEAR(energy->joules, joules_between(60.0, 1140.0), 0.01 * joules_between(60.0, 1140.0));
}

INSTANTIATE_TEST_SUITE_P(Battery, CurrentVariants,
                         ::testing::Values(Variant{"microamperes", 1e6}, Variant{"of_the_other_sign", -1e6},
                                           Variant{"milliamperes", 1e3},
                                           Variant{"milliamperes_of_the_other_sign", -1e3}),
                         [](const auto& tested) { return std::string(tested.param.what); });

TEST_F(BatteryTest, PluggedInMidRunIsInvalid) {
  put("energy_full", "57000000\n");
  put("energy_now", "50000000\n");
  Source* source = find("battery:BAT0");
  const Trace trace = watch_for_20_min(*source, [this](double time_s) {
    if (time_s > 700.0) replace_file(tree_.root() / "sys/class/power_supply/AC/online", "1\n");
    change("energy_now", std::to_string(std::llround(50e6 - joules_until(time_s) / 3600.0 * 1e6)));
  });
  const auto energy = energy_between(trace, window_of(60.0, 1140.0), {});
  ASSERT_FALSE(energy);
  EXPECT_EQ(energy.error().kind, base::ErrorKind::invalid_measurement);
  EXPECT_THAT(energy.error().message, HasSubstr("did not run on its battery alone"));
  EXPECT_TRUE(energy_between(trace, window_of(60.0, 690.0), {}));
}

// A weak charger: the battery gives the rest.
TEST_F(BatteryTest, ABatteryThatDischargesBesideAChargerDoesNotCount) {
  put("energy_full", "57000000\n");
  put("energy_now", "50000000\n");
  tree_.add("sys/class/power_supply/usb/type", "USB\n").add("sys/class/power_supply/usb/online", "1\n");
  Source* source = find("battery:BAT0");
  std::array<Reading, 1> reading{};
  EXPECT_EQ(source->read(reading), 1U);
  EXPECT_EQ(reading[0].fault, Fault::on_mains);
}

TEST_F(BatteryTest, AUnitThatCannotBeToldIsRefused) {
  put("charge_now", "3000\n");
  put("voltage_now", "4000000\n");
  put("current_now", "500\n");
  EXPECT_EQ(find("battery:BAT0"), nullptr);
  EXPECT_THAT(reason(found_, "battery:BAT0"), HasSubstr("capacity"));
  Source* power = find("battery:BAT0:power");
  ASSERT_NE(power, nullptr);
  std::array<Reading, 1> reading{};
  EXPECT_EQ(power->read(reading), 1U);
  EXPECT_EQ(reading[0].fault, Fault::unit_unknown);
}

TEST_F(BatteryTest, BatteriesOfMiceAreNotOfThisMachine) {
  put("scope", "Device\n");
  put("energy_full", "1000000\n");
  put("energy_now", "900000\n");
  EXPECT_EQ(find("battery:BAT0"), nullptr);
  EXPECT_FALSE(battery_capacity_wh(tree_.root() / "sys").has_value());
}

TEST_F(BatteryTest, WhatHangsOnTheWallIsInvalidWhenItWasUnpluggedMeanwhile) {
  SourceFacts meter;
  meter.scope = Scope::wall;
  const std::vector<SupplyChange> changes{{SharedClock::ns(0.0), Supply::mains},
                                          {SharedClock::ns(30.0), Supply::battery}};
  EXPECT_TRUE(check_supply(meter, changes, window_of(1.0, 20.0)));
  const auto unplugged = check_supply(meter, changes, window_of(10.0, 60.0));
  ASSERT_FALSE(unplugged);
  EXPECT_EQ(unplugged.error().kind, base::ErrorKind::invalid_measurement);
  EXPECT_THAT(unplugged.error().message, HasSubstr("unplugged after 20 s"));
  SourceFacts package;
  package.scope = Scope::package;
  EXPECT_TRUE(check_supply(package, changes, window_of(10.0, 60.0)));
}

TEST_F(BatteryTest, TheSupplyIsKnownByTheChargersAndElseByTheBattery) {
  const SupplyWatch watch_both(tree_.root() / "sys");
  EXPECT_EQ(watch_both.read(), Supply::battery);
  put("status", "Not charging\n");  // as one of two batteries says while the other one is in use
  EXPECT_EQ(watch_both.read(), Supply::battery);
  tree_.add("sys/class/power_supply/AC/online", "1\n");
  EXPECT_EQ(watch_both.read(), Supply::mains);
  const support::FakeTree none;
  EXPECT_EQ(SupplyWatch(none.root() / "sys").read(), Supply::unknown);
}

}  // namespace
}  // namespace bantam::energy
