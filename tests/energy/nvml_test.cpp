// With a small library that has NVML's C interface (tests/support/fake_nvml.c).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <numbers>

#include "energy/world.hpp"

namespace bantam::energy {
namespace {

using ::testing::HasSubstr;

constexpr double kTurns = 2.0 * std::numbers::pi / 10.0;

double watts_at(double time_s) {
  return 200.0 + 80.0 * std::sin(kTurns * time_s);
}
double joules_until(double time_s) {
  return 200.0 * time_s + 80.0 / kTurns * (1.0 - std::cos(kTurns * time_s));
}
double joules_between(double from_s, double to_s) {
  return joules_until(to_s) - joules_until(from_s);
}

class NvmlTest : public ::testing::Test {
 protected:
  NvmlTest() { ::setenv("FAKE_NVML_STATE", (tree_.root() / "state").c_str(), 1); }
  ~NvmlTest() override { ::unsetenv("FAKE_NVML_STATE"); }
  void state(const std::string& text) { replace_file(tree_.root() / "state", text); }
  Found find(const std::string& gpu = {}) {
    Request request = request_below(tree_.root());
    request.roots.nvml_library = BANTAM_FAKE_NVML;
    request.gpu = gpu;
    return find_sources(request, clock_).value();
  }

  support::FakeTree tree_;
  SharedClock clock_;
};

TEST_F(NvmlTest, TheEnergyCounterIsPreferred) {
  state("gpus 1\nenergy0 5000\npower0 200000\nlimit0 300000\n");
  const Found found = find();
  Source* source = named(found, "nvml:0");
  ASSERT_NE(source, nullptr) << reason(found, "nvml");
  EXPECT_EQ(source->facts().quantity, Quantity::joules);
  EXPECT_EQ(source->facts().grade, device::Grade::b);
  EXPECT_EQ(source->facts().rated_w, 300.0);
  EXPECT_THAT(source->facts().where, HasSubstr("GPU-00000000-0000-0000-0000-000000000000"));
  const Trace trace = watch(*source, clock_, {}, [this](double time_s) {
    state("gpus 1\nenergy0 " + std::to_string(std::llround(5000.0 + joules_until(time_s) * 1e3)) + "\n");
  });
  const auto energy = energy_between(trace, window_of(1.0, 19.0), {});
  ASSERT_TRUE(energy) << energy.error().message;
  EXPECT_NEAR(energy->joules, joules_between(1.0, 19.0), 0.005 * joules_between(1.0, 19.0));
  const auto short_window = energy_between(trace, window_of(1.0, 4.0), {});
  ASSERT_FALSE(short_window);
  EXPECT_EQ(short_window.error().kind, base::ErrorKind::environment);
  EXPECT_THAT(short_window.error().message, HasSubstr("needs 5 s"));
}

TEST_F(NvmlTest, AGpuWithoutACounterIsSampled) {
  state("gpus 1\npower0 200000\n");
  const Found found = find();
  Source* source = named(found, "nvml:0");
  ASSERT_NE(source, nullptr);
  EXPECT_EQ(source->facts().quantity, Quantity::watts);
  EXPECT_EQ(source->facts().grade, device::Grade::c);
  const Course course{60.0, 0.05, 4};
  const Trace trace = watch(*source, clock_, course, [this](double time_s) {
    state("gpus 1\npower0 " + std::to_string(std::llround(watts_at(time_s) * 1e3)) + "\n");
  });
  const auto energy = energy_between(trace, window_of(2.0, 48.0), {});
  ASSERT_TRUE(energy) << energy.error().message;
  EXPECT_NEAR(energy->joules, joules_between(2.0, 48.0), 0.005 * joules_between(2.0, 48.0));
}

TEST_F(NvmlTest, OneOfSeveralGpusIsChosenByIndexOrUuid) {
  state("gpus 3\nenergy0 1\nenergy1 1\nenergy2 1\n");
  EXPECT_EQ(find().present.size(), 3U);
  const Found by_index = find("1");
  ASSERT_EQ(by_index.present.size(), 1U);
  EXPECT_EQ(by_index.present[0]->facts().name, "nvml:1");
  const Found by_uuid = find("GPU-00000000-0000-0000-0000-000000000002");
  ASSERT_EQ(by_uuid.present.size(), 1U);
  EXPECT_EQ(by_uuid.present[0]->facts().name, "nvml:2");
  EXPECT_THAT(reason(find("7"), "nvml"), HasSubstr("there is no GPU 7; there are 0 (GPU-"));
}

TEST_F(NvmlTest, AGpuThatIsLostIsInvalid) {
  state("gpus 1\nenergy0 0\n");
  const Found found = find();
  const Trace trace = watch(*named(found, "nvml:0"), clock_, {}, [this](double time_s) {
    const std::string lost = time_s > 9.0 ? "energy_code 15\n" : "";
    state("gpus 1\n" + lost + "energy0 " + std::to_string(std::llround(joules_until(time_s) * 1e3)) + "\n");
  });
  const auto energy = energy_between(trace, window_of(1.0, 19.0), {});
  ASSERT_FALSE(energy);
  EXPECT_EQ(energy.error().kind, base::ErrorKind::invalid_measurement);
  EXPECT_THAT(energy.error().message, HasSubstr("gone"));
}

TEST_F(NvmlTest, WhatIsMissingSaysWhy) {
  state("init 9\n");
  EXPECT_THAT(reason(find(), "nvml"), HasSubstr("Driver Not Loaded"));
  state("gpus 0\n");
  EXPECT_EQ(reason(find(), "nvml"), "NVML knows no GPU");
  state("gpus 1\n");
  EXPECT_THAT(reason(find(), "nvml:0"), HasSubstr("neither energy nor power: Not Supported"));
  Request request = request_below(tree_.root());
  request.roots.nvml_library = "libnvidia-ml-nowhere.so.1";
  EXPECT_EQ(reason(find_sources(request, clock_).value(), "nvml"),
            "libnvidia-ml-nowhere.so.1 is not installed");
  request.roots.nvml_library = "libm.so.6";
  EXPECT_THAT(reason(find_sources(request, clock_).value(), "nvml"), HasSubstr("lacks functions"));
}

}  // namespace
}  // namespace bantam::energy
