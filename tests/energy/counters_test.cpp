// Counters of the kernel: RAPL and Intel GPUs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "energy/judged.hpp"
#include "energy/world.hpp"

namespace bantam::energy {
namespace {

using ::testing::HasSubstr;

constexpr double kRangeJ = 150.0;
constexpr const char* kZone = "sys/class/powercap/intel-rapl:0/";

// 20 W with 10 W up and down every 5 s.
double joules_until(double time_s) {
  const double turns = 2.0 * std::numbers::pi / 5.0;
  return 20.0 * time_s + 10.0 / turns * (1.0 - std::cos(turns * time_s));
}

std::string microjoules(double joules) {
  return std::to_string(std::llround(std::fmod(joules, kRangeJ) * 1e6)) + "\n";
}

class RaplTest : public ::testing::Test {
 protected:
  RaplTest() {
    tree_.add(std::string(kZone) + "name", "package-0\n").add(std::string(kZone) + "energy_uj", "0\n");
    tree_.add(std::string(kZone) + "max_energy_range_uj", "150000000\n");
    tree_.add(std::string(kZone) + "constraint_0_max_power_uw", "15000000\n");
  }
  Trace watch_counter(const std::function<std::string(double time_s)>& content) {
    found_ = find_sources(request_below(tree_.root()), clock_).value();
    return watch(*named(found_, "intel-rapl:package-0"), clock_, {},
                 [&](double time_s) { replace_file(tree_.root() / kZone / "energy_uj", content(time_s)); });
  }
  std::string why_invalid(const std::function<std::string(double time_s)>& content) {
    const auto energy = energy_between(watch_counter(content), window_of(1.0, 19.0), {});
    if (energy) return "believed";
    EXPECT_EQ(energy.error().kind, base::ErrorKind::invalid_measurement) << energy.error().message;
    return energy.error().message;
  }

  support::FakeTree tree_;
  SharedClock clock_;
  Found found_;
};

TEST_F(RaplTest, ACounterThatWrapsTwiceGivesTheEnergyOfItsCurve) {
  ASSERT_EQ(std::floor(joules_until(20.0) / kRangeJ), 2.0);
  const Trace trace = watch_counter([](double time_s) { return microjoules(joules_until(time_s)); });
  const auto energy = energy_between(trace, window_of(1.0, 19.0), {});
  ASSERT_TRUE(energy) << energy.error().message;
  const double truth = joules_until(19.0) - joules_until(1.0);
  EXPECT_NEAR(energy->joules, truth, 0.005 * truth);
  EXPECT_NEAR(energy->mean_w, truth / 18.0, 0.005 * truth / 18.0);
  ASSERT_TRUE(energy->peak_w.has_value());
  EXPECT_NEAR(*energy->peak_w, 30.0, 3.0);
  EXPECT_TRUE(energy->gaps.empty());
}

TEST_F(RaplTest, ACounterThatSticksIsInvalid) {
  EXPECT_THAT(why_invalid([](double time_s) { return microjoules(joules_until(std::min(time_s, 9.0))); }),
              HasSubstr("stuck"));
}

TEST_F(RaplTest, ACounterThatGoesBackIsInvalid) {
  EXPECT_THAT(why_invalid([](double time_s) {
                return std::to_string(std::llround((time_s < 3.0 ? 60.0 + time_s : time_s) * 1e6));
              }),
              HasSubstr("went back"));
}

TEST_F(RaplTest, NaNIsInvalid) {
  EXPECT_THAT(why_invalid([](double time_s) {
                return time_s < 9.0 ? microjoules(joules_until(time_s)) : std::string("nan");
              }),
              HasSubstr("NaN"));
}

TEST_F(RaplTest, AThousandTimesTooMuchIsInvalid) {
  replace_file(tree_.root() / kZone / "max_energy_range_uj", "262143328850\n");
  EXPECT_THAT(
      why_invalid([](double time_s) { return std::to_string(std::llround(joules_until(time_s) * 1e9)); }),
      HasSubstr("more than 150 W"));
}

TEST_F(RaplTest, ACounterThatVanishesIsInvalid) {
  const auto path = tree_.root() / kZone / "energy_uj";
  found_ = find_sources(request_below(tree_.root()), clock_).value();
  const Trace trace = watch(*named(found_, "intel-rapl:package-0"), clock_, {}, [&](double time_s) {
    if (time_s < 9.0)
      replace_file(path, microjoules(joules_until(time_s)));
    else
      std::filesystem::remove(path);
  });
  const auto energy = energy_between(trace, window_of(1.0, 19.0), {});
  ASSERT_FALSE(energy);
  EXPECT_EQ(energy.error().kind, base::ErrorKind::invalid_measurement);
  EXPECT_THAT(energy.error().message, HasSubstr("gone"));
}

TEST_F(RaplTest, PackagesAreAddedAndPartsAndThePlatformAreNot) {
  const auto add = [this](const std::string& zone, const std::string& name) {
    tree_.add("sys/class/powercap/" + zone + "/name", name)
        .add("sys/class/powercap/" + zone + "/energy_uj", "5");
  };
  add("intel-rapl:1", "package-1");
  add("intel-rapl:0:0", "core");
  add("intel-rapl:1:0", "core");
  add("intel-rapl:2", "psys");
  found_ = find_sources(request_below(tree_.root()), clock_).value();
  EXPECT_EQ(named(found_, "intel-rapl:psys")->facts().scope, Scope::board);
  std::vector<Judged> judged;
  for (const auto& source : found_.present) {
    Energy energy;
    energy.joules = 10.0;
    judged.push_back({source->facts(), energy, 2});
  }
  ASSERT_EQ(judged.size(), 5U);
  const auto sums = totals(judged);
  ASSERT_EQ(sums.size(), 1U);
  EXPECT_EQ(sums[0].joules, 20.0);
  EXPECT_THAT(sums[0].parts, ::testing::ElementsAre("intel-rapl:package-0", "intel-rapl:package-1"));
}

TEST(IntelGpu, TheCardsCounterIsRead) {
  support::FakeTree tree;
  tree.add("sys/class/hwmon/hwmon0/name", "xe").add("sys/class/hwmon/hwmon0/energy1_label", "card");
  tree.add("sys/class/hwmon/hwmon0/energy1_input", "0").add("sys/class/hwmon/hwmon0/energy2_input", "0");
  SharedClock clock;
  const Found found = find_sources(request_below(tree.root()), clock).value();
  Source* source = named(found, "hwmon:xe:card");
  ASSERT_NE(source, nullptr);
  EXPECT_EQ(source->facts().scope, Scope::gpu);
  EXPECT_EQ(source->facts().grade, device::Grade::b);
  const Trace trace = watch(*source, clock, {}, [&](double time_s) {
    replace_file(tree.root() / "sys/class/hwmon/hwmon0/energy1_input",
                 std::to_string(std::llround(joules_until(time_s) * 1e6)));
  });
  const auto energy = energy_between(trace, window_of(1.0, 19.0), {});
  ASSERT_TRUE(energy) << energy.error().message;
  const double truth = joules_until(19.0) - joules_until(1.0);
  EXPECT_NEAR(energy->joules, truth, 0.005 * truth);
}

}  // namespace
}  // namespace bantam::energy
