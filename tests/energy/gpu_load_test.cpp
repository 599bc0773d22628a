// How busy a GPU was: by hand-made readings, and with a small library that has NVML's C interface
// (tests/support/fake_nvml.c).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>

#include "energy/gpu_figures.hpp"
#include "energy/world.hpp"

namespace bantam::energy {
namespace {

using record::GpuFigure;
using record::GpuSpan;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::size_t at(GpuFigure figure) {
  return static_cast<std::size_t>(figure);
}

// Five readings per second from 0 to 20 s: half of its memory is used at 60 °C, and `change` sets the rest.
GpuReadings readings_of(const std::function<void(double time_s, GpuReading&)>& change) {
  GpuReadings told;
  told.facts.name = "nvml:0";
  told.facts.memory_total_bytes = 1000;
  for (int i = 0; i <= 100; ++i) {
    GpuReading reading;
    reading.time_ns = SharedClock::ns(0.2 * i);
    reading.values = {50.0, 20.0, 1500.0, 2600.0, 500.0, 60.0};
    change(0.2 * i, reading);
    told.readings.push_back(reading);
  }
  return told;
}

record::GpuLoad load_of(const std::function<void(double time_s, GpuReading&)>& change,
                        const Window& window = window_of(5.0, 15.0)) {
  return gpu_load(readings_of(change), window, window_of(1.0, 19.0));
}

std::string why(const record::GpuLoad& load, std::string_view key) {
  const auto found = load.absent.find(std::string(key));
  return found == load.absent.end() ? std::string() : found->second;
}

TEST(gpu_load, is_that_of_the_window_alone) {
  // 10 % before and after, in the window up from 40 % to 80 % and not back.
  const auto load = load_of([](double time_s, GpuReading& reading) {
    const bool is_in = time_s > 4.9 && time_s < 15.1;
    reading.values[at(GpuFigure::utilization)] = is_in ? 40.0 + 4.0 * (time_s - 5.0) : 10.0;
  });
  EXPECT_EQ(load.readings, 51);
  ASSERT_TRUE(load.figures[at(GpuFigure::utilization)]);
  const GpuSpan& span = *load.figures[at(GpuFigure::utilization)];
  EXPECT_NEAR(span.mean, 60.0, 1e-9);
  EXPECT_NEAR(span.min, 40.0, 1e-9);
  EXPECT_NEAR(span.max, 80.0, 1e-9);
  EXPECT_EQ(load.figures[at(GpuFigure::memory_used)], (GpuSpan{500.0, 500.0, 500.0}));
  EXPECT_THAT(load.absent, IsEmpty());
  ASSERT_TRUE(load.trace);
  // Half a second each: 8 bins before the window, 20 in it, 8 behind.
  EXPECT_DOUBLE_EQ(load.trace->bin_s, 0.5);
  EXPECT_DOUBLE_EQ(load.trace->begin_s, -4.0);
  const auto& means = load.trace->means[at(GpuFigure::utilization)];
  ASSERT_EQ(means.size(), 36U);
  EXPECT_NEAR(means[0].value(), 10.0, 1e-9);
  EXPECT_NEAR(means[8].value(), 40.8, 1e-9);  // of 5.0, 5.2 and 5.4 s
  EXPECT_NEAR(means[9].value(), 42.8, 1e-9);  // of 5.6 and 5.8 s
}

TEST(gpu_load, one_figure_that_is_not_there_takes_no_other_with_it) {
  auto told = readings_of([](double, GpuReading& reading) {
    reading.codes[at(GpuFigure::temperature)] = kGpuNotAsked;
    reading.reasons_code = kGpuNotAsked;
  });
  told.facts.absent[at(GpuFigure::temperature)] = "Not Supported";
  told.facts.no_reasons = "Function Not Found";
  const auto load = gpu_load(told, window_of(5.0, 15.0), window_of(1.0, 19.0));
  EXPECT_EQ(why(load, "temperature_c"), "Not Supported");
  EXPECT_EQ(why(load, "throttle"), "Function Not Found");
  EXPECT_FALSE(load.figures[at(GpuFigure::temperature)]);
  EXPECT_FALSE(load.throttle);
  EXPECT_EQ(load.absent.size(), 2U);
  EXPECT_TRUE(load.figures[at(GpuFigure::utilization)]);
  EXPECT_THAT(load.trace->means[at(GpuFigure::temperature)], IsEmpty());
}

TEST(gpu_load, what_cannot_be_is_absent_and_says_what_it_was) {
  const auto load = load_of([](double time_s, GpuReading& reading) {
    if (std::abs(time_s - 10.0) > 0.01) return;
    reading.values[at(GpuFigure::utilization)] = 300.0;
    reading.codes[at(GpuFigure::utilization)] = kGpuImpossible;
    reading.reasons_code = kGpuImpossible;
  });
  EXPECT_EQ(why(load, "utilization_percent"), "it said 300 %, which cannot be");
  EXPECT_EQ(why(load, "throttle"), "it gave reasons that cannot be");
  EXPECT_TRUE(load.figures[at(GpuFigure::memory_utilization)]);
  // Outside the window nothing is asked of it.
  const auto before = load_of([](double time_s, GpuReading& reading) {
    if (time_s < 4.0) reading.codes[at(GpuFigure::utilization)] = kGpuImpossible;
  });
  EXPECT_TRUE(before.figures[at(GpuFigure::utilization)]);
}

TEST(gpu_load, some_failures_are_left_out_and_many_are_a_reason) {
  const auto failing = [](double until_s) {
    auto told = readings_of([until_s](double time_s, GpuReading& reading) {
      if (time_s > 4.9 && time_s < until_s) {
        reading.codes[at(GpuFigure::sm_clock)] = 15;
        reading.values[at(GpuFigure::sm_clock)] = 0.0;
      }
    });
    told.faults[15] = "GPU is lost";
    return gpu_load(told, window_of(5.0, 15.0), window_of(1.0, 19.0));
  };
  EXPECT_EQ(failing(5.3).figures[at(GpuFigure::sm_clock)], (GpuSpan{1500.0, 1500.0, 1500.0}));
  EXPECT_EQ(why(failing(7.1), "sm_clock_mhz"), "GPU is lost (11 of 51 readings)");
}

TEST(gpu_load, too_few_readings_and_gaps_are_a_reason) {
  EXPECT_EQ(why(load_of([](double, GpuReading&) {}, window_of(5.0, 5.7)), "sm_clock_mhz"),
            "it was read 4 times in 0.7 s, at least 5 are needed");
  auto told = readings_of([](double, GpuReading&) {});
  std::erase_if(told.readings, [](const GpuReading& reading) {
    return reading.time_ns > SharedClock::ns(8.1) && reading.time_ns < SharedClock::ns(10.1);
  });
  const auto load = gpu_load(told, window_of(5.0, 15.0), window_of(1.0, 19.0));
  EXPECT_EQ(why(load, "utilization_percent"), "its readings have a gap of 2.2 s");
  EXPECT_FALSE(load.trace);
}

TEST(gpu_load, tells_throttling_from_idling_and_limits) {
  // Idle up to 7 s, at its power limit up to 10 s, too hot from 11 to 13 s and again at 14 s.
  const auto load = load_of([](double time_s, GpuReading& reading) {
    const auto is_in = [time_s](double from, double to) { return time_s > from - 0.1 && time_s < to - 0.1; };
    if (is_in(5, 7)) reading.reasons = 0x1;
    if (is_in(7, 10)) reading.reasons = 0x4;
    if (is_in(11, 13) || is_in(14, 14.2)) reading.reasons = 0x48;
  });
  ASSERT_TRUE(load.throttle);
  EXPECT_EQ(load.throttle->times, 2);
  EXPECT_NEAR(load.throttle->share, 11.0 / 51.0, 1e-9);
  EXPECT_NEAR(load.throttle->shares.at("gpu_idle"), 10.0 / 51.0, 1e-9);
  EXPECT_NEAR(load.throttle->shares.at("sw_power_cap"), 15.0 / 51.0, 1e-9);
  EXPECT_NEAR(load.throttle->shares.at("hw_thermal_slowdown"), 11.0 / 51.0, 1e-9);
  EXPECT_THAT(record::throttling_text(*load.throttle), HasSubstr("too hot (hw_thermal_slowdown) 21.6 %"));
  EXPECT_THAT(record::throttling_text(*load.throttle), ::testing::Not(HasSubstr("idle")));
  const auto calm = load_of([](double, GpuReading& reading) { reading.reasons = 0x7 | 0x10 | 0x100; });
  EXPECT_EQ(calm.throttle->times, 0);
  EXPECT_EQ(record::throttling_text(*calm.throttle), "");
}

class NvmlLoadTest : public ::testing::Test {
 protected:
  NvmlLoadTest() { ::setenv("FAKE_NVML_STATE", (tree_.root() / "state").c_str(), 1); }
  ~NvmlLoadTest() override { ::unsetenv("FAKE_NVML_STATE"); }
  void state(const std::string& text) { replace_file(tree_.root() / "state", "gpus 1\nenergy0 1\n" + text); }
  Found find() {
    Request request = request_below(tree_.root());
    request.roots.nvml_library = BANTAM_FAKE_NVML;
    return find_sources(request, clock_).value();
  }

  support::FakeTree tree_;
  SharedClock clock_;
};

constexpr const char* kAll =
    "busy0 63\nbusy_memory0 21\nsm_clock0 1410\nmemory_clock0 2619\nmemory_used0 400\nmemory_total0 1000\n"
    "temperature0 55\nreasons0 64\n";

TEST_F(NvmlLoadTest, EachFigureIsRead) {
  state(kAll);
  clock_.set_s(3.0);
  const Found found = find();
  ASSERT_EQ(found.gpus.size(), 1U);
  EXPECT_EQ(found.gpus[0]->facts().name, "nvml:0");
  EXPECT_EQ(found.gpus[0]->facts().product, "Fake GPU 0");
  EXPECT_EQ(found.gpus[0]->facts().memory_total_bytes, 1000);
  const GpuReading reading = found.gpus[0]->read();
  EXPECT_EQ(reading.time_ns, SharedClock::ns(3.0));
  EXPECT_THAT(reading.values, ElementsAre(63.0, 21.0, 1410.0, 2619.0, 400.0, 55.0));
  EXPECT_THAT(reading.codes, ::testing::Each(kGpuGood));
  EXPECT_EQ(reading.reasons, 64U);
  const auto lines = listing(found);
  const auto line = std::ranges::find(lines, "nvml:0:load", &device::Sensor::name);
  ASSERT_NE(line, lines.end());
  EXPECT_TRUE(line->found);
  EXPECT_EQ(line->measures,
            "utilization, memory controller, SM clock, memory clock, memory used, temperature, throttling");
  EXPECT_EQ(line->unit, "%, MHz, B, °C");
}

TEST_F(NvmlLoadTest, WhatAGpuDoesNotSupportIsAbsentWithItsReason) {
  state("busy0 63\nbusy_memory0 21\nsm_clock0 1410\nmemory_clock0 2619\nreasons0 0\n");
  const Found found = find();
  const GpuFacts& facts = found.gpus.at(0)->facts();
  EXPECT_EQ(facts.absent[at(GpuFigure::memory_used)], "Not Supported");
  EXPECT_EQ(facts.absent[at(GpuFigure::temperature)], "Not Supported");
  EXPECT_EQ(facts.absent[at(GpuFigure::utilization)], "");
  EXPECT_EQ(facts.no_reasons, "");
  EXPECT_EQ(found.gpus[0]->read().codes[at(GpuFigure::temperature)], kGpuNotAsked);
  const auto lines = listing(found);
  const auto missing = [](const device::Sensor& line) { return line.name == "nvml:0:load" && !line.found; };
  const auto line = std::ranges::find_if(lines, missing);
  ASSERT_NE(line, lines.end());
  EXPECT_EQ(line->measures, "memory used, temperature");
  EXPECT_EQ(line->reason, "Not Supported");
}

TEST_F(NvmlLoadTest, WhatCannotBeIsNoValue) {
  state(
      "busy0 101\nbusy_memory0 4294967295\nsm_clock0 4294967295\nmemory_clock0 2619\n"
      "memory_used0 1001\nmemory_total0 1000\ntemperature0 255\nreasons0 18446744073709551615\n");
  const GpuReading reading = find().gpus.at(0)->read();
  for (const GpuFigure figure : {GpuFigure::utilization, GpuFigure::memory_utilization, GpuFigure::sm_clock,
                                 GpuFigure::memory_used, GpuFigure::temperature})
    EXPECT_EQ(reading.codes[at(figure)], kGpuImpossible) << at(figure);
  EXPECT_EQ(reading.codes[at(GpuFigure::memory_clock)], kGpuGood);
  EXPECT_EQ(reading.reasons_code, kGpuImpossible);
}

TEST_F(NvmlLoadTest, AGpuThatIsLostLaterTellsItsReason) {
  state(kAll);
  const Found found = find();
  state(std::string(kAll) + "load_code 15\n");
  const GpuReading reading = found.gpus.at(0)->read();
  EXPECT_THAT(reading.codes, ::testing::Each(15));
  EXPECT_EQ(reading.reasons_code, 15);
  EXPECT_EQ(found.gpus[0]->reason(15), "GPU is lost");
}

}  // namespace
}  // namespace bantam::energy
