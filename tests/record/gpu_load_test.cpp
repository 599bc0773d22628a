#include "record/gpu_load.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/block_energy.hpp"

namespace bantam::record {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::size_t kBusy = 0;
constexpr std::size_t kClock = 2;

GpuLoad sample() {
  GpuLoad load;
  load.name = "nvml:0";
  load.product = "Fake GPU";
  load.interval_s = 0.2;
  load.readings = 30;
  load.memory_total_bytes = 85'899'345'920;
  load.figures[kBusy] = GpuSpan{62.5, 40.0, 80.0};
  load.figures[kClock] = GpuSpan{1500.0, 1200.0, 1700.0};
  load.throttle = GpuThrottle{{{"gpu_idle", 0.1}, {"hw_thermal_slowdown", 0.2}}, 0.2, 3};
  load.absent = {{"temperature_c", "Not Supported"}};
  GpuTrace trace{-0.5, 0.5, 1.0, {}, {0.0, 0.5, {}}};
  trace.means[kBusy] = {10.0, {}, 61.25};
  load.trace = trace;
  return load;
}

TEST(gpu_load_json, comes_back_as_it_was) {
  const auto again = gpu_load_from(to_json(sample()));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(*again, sample());
}

TEST(gpu_load_json, what_cannot_be_is_refused) {
  const auto refused = [](const char* path, const base::Json& value) {
    base::Json json = to_json(sample());
    json[base::Json::json_pointer(path)] = value;
    const auto read = gpu_load_from(json);
    return read ? std::string("read") : read.error().message;
  };
  EXPECT_EQ(refused("/product", 3), "read");
  EXPECT_THAT(refused("/name", 3), HasSubstr("lacks 'name'"));
  EXPECT_THAT(refused("/readings", -1), HasSubstr("lacks 'name' or 'readings'"));
  EXPECT_THAT(refused("/utilization_percent/max", 101), HasSubstr("'utilization_percent' that cannot be"));
  EXPECT_THAT(refused("/utilization_percent/mean", 90), HasSubstr("'utilization_percent' that cannot be"));
  EXPECT_THAT(refused("/utilization_percent/min", -1), HasSubstr("'utilization_percent' that cannot be"));
  EXPECT_THAT(refused("/sm_clock_mhz", "fast"), HasSubstr("'sm_clock_mhz' that cannot be"));
  EXPECT_THAT(refused("/throttle/share", 1.5), HasSubstr("share of throttling"));
  EXPECT_THAT(refused("/throttle/reasons/gpu_idle", -0.5), HasSubstr("share of a reason"));
  EXPECT_THAT(refused("/trace/utilization_percent/0", 101), HasSubstr("bin that cannot be"));
  EXPECT_THAT(refused("/trace/throttled_share", {0.5}), HasSubstr("one length"));
  EXPECT_THAT(refused("/trace/bin_s", 0), HasSubstr("times that cannot be"));
  const base::Json many(std::vector<double>(kMostGpuBins + 1, 1.0));
  EXPECT_THAT(refused("/trace/utilization_percent", many), HasSubstr("1 to 200 bins"));
}

TEST(gpu_load_json, one_that_is_none_takes_no_energy_with_it) {
  BlockEnergy energy;
  energy.gpus = {sample()};
  base::Json json = to_json(energy);
  const auto again = block_energy_from(json);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->gpus, energy.gpus);
  json["gpus"][0]["utilization_percent"]["mean"] = 1e9;
  const auto read = block_energy_from(json);
  ASSERT_TRUE(read);
  EXPECT_THAT(read->gpus, IsEmpty());
  EXPECT_THAT(read->gpus_absent, HasSubstr("'utilization_percent' that cannot be"));
}

TEST(add_gpu_load, weighs_by_readings_and_keeps_the_limits) {
  GpuLoad sum = sample();
  GpuLoad more = sample();
  more.readings = 10;
  more.figures[kBusy] = GpuSpan{22.5, 0.0, 70.0};
  more.figures[kClock].reset();
  more.absent["sm_clock_mhz"] = "GPU is lost";
  more.throttle = GpuThrottle{{{"hw_thermal_slowdown", 1.0}}, 1.0, 1};
  add_gpu_load(sum, more);
  EXPECT_EQ(sum.readings, 40);
  EXPECT_EQ(sum.figures[kBusy], (GpuSpan{52.5, 0.0, 80.0}));
  EXPECT_FALSE(sum.figures[kClock]);
  EXPECT_EQ(sum.absent.at("sm_clock_mhz"), "GPU is lost");
  EXPECT_EQ(sum.throttle->times, 4);
  EXPECT_NEAR(sum.throttle->share, 0.4, 1e-12);
  EXPECT_NEAR(sum.throttle->shares.at("hw_thermal_slowdown"), 0.4, 1e-12);
  EXPECT_NEAR(sum.throttle->shares.at("gpu_idle"), 0.075, 1e-12);
  EXPECT_FALSE(sum.trace);
}

}  // namespace
}  // namespace bantam::record
