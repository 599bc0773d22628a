#include "energy/sampler.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <limits>
#include <new>
#include <thread>

#include "energy/judged.hpp"
#include "energy/world.hpp"

namespace {

// Allocations of a thread that has set this.
thread_local bool counted = false;
std::atomic<int> allocations{0};

}  // namespace

#ifndef BANTAM_SANITIZED
void* operator new(std::size_t size) {
  if (counted) ++allocations;
  if (void* room = std::malloc(size == 0 ? 1 : size)) return room;
  throw std::bad_alloc();
}
void operator delete(void* room) noexcept {
  std::free(room);
}
void operator delete(void* room, std::size_t) noexcept {
  std::free(room);
}
#endif

namespace bantam::energy {
namespace {

// Counts its readings; 20 W.
class Steady final : public Source {
 public:
  Steady(const base::Clock& clock, std::thread::id starter, double least_interval_s = 0.0)
      : Source(facts(least_interval_s), clock), starter_(starter) {}

  std::size_t read(std::span<Reading> into) override {
    if (std::this_thread::get_id() != starter_) counted = true;
    ++reads_;
    return give(into, now_ns(), 20.0, Fault::none);
  }
  int reads() const { return reads_; }

 private:
  static SourceFacts facts(double least_interval_s) {
    SourceFacts facts;
    facts.name = "steady";
    facts.kind = "steady";
    facts.update_period_s = 0.001;
    facts.least_interval_s = least_interval_s;
    return facts;
  }
  std::thread::id starter_;
  std::atomic<int> reads_{0};
};

// Is always lost.
class LostGpu final : public GpuLoad {
 public:
  explicit LostGpu(const base::Clock& clock) : GpuLoad({"gpu", "", {}, {}, {}}), clock_(&clock) {}
  GpuReading read() override {
    GpuReading reading;
    reading.time_ns = clock_->now_ns();
    reading.codes[0] = 15;
    return reading;
  }
  std::string reason(GpuCode) const override { return "GPU is lost"; }

 private:
  const base::Clock* clock_;
};

void wait_for_reads(const Steady& source, int reads) {
  while (source.reads() < reads) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

class SamplerTest : public ::testing::Test {
 protected:
  Steady& add(double least_interval_s = 0.0) {
    auto source = std::make_unique<Steady>(clock_, std::this_thread::get_id(), least_interval_s);
    Steady& added = *source;
    sources_.push_back(std::move(source));
    return added;
  }
  Sampler start(const SamplerSettings& settings) {
    return Sampler::start(sources_, SupplyWatch(tree_.root() / "sys"), clock_, settings, gpus_).value();
  }

  support::FakeTree tree_;
  base::MonotonicClock clock_;
  std::vector<std::unique_ptr<Source>> sources_;
  std::vector<std::unique_ptr<GpuLoad>> gpus_;
};

TEST_F(SamplerTest, ReadsFromBeginToEndAndAllocatesNothingMeanwhile) {
  const Steady& source = add();
  gpus_.push_back(std::make_unique<LostGpu>(clock_));
  allocations = 0;
  Sampler sampler = start({200.0, 60.0});
  wait_for_reads(source, 150);
  const Recording recording = sampler.stop();
  EXPECT_EQ(allocations, 0);
  ASSERT_EQ(recording.traces.size(), 1U);
  const Trace& trace = recording.traces[0];
  EXPECT_GE(trace.readings.size(), 150U);
  EXPECT_EQ(trace.readings.size(), static_cast<std::size_t>(source.reads()));
  EXPECT_EQ(trace.overwritten, 0);
  EXPECT_GT(recording.cpu_s, 0.0);
  EXPECT_LT(recording.cpu_s, base::seconds(recording.to_ns - recording.from_ns));
  const auto judged = judge_all(recording, {});
  ASSERT_EQ(judged.size(), 1U);
  const double elapsed_s = base::seconds(trace.readings.back().time_ns - trace.readings.front().time_ns);
  if (judged[0].energy) {  // else the machine was too busy to read it often enough, which is said
    EXPECT_NEAR(judged[0].energy->joules, 20.0 * elapsed_s, 1e-6);
    EXPECT_NEAR(judged[0].energy->mean_w, 20.0, 1e-6);
  }
}

TEST_F(SamplerTest, KeepsTheLastReadingsWhereThereIsNoRoomForAll) {
  const Steady& source = add();
  Sampler sampler = start({1000.0, 0.01});
  wait_for_reads(source, 300);
  const Recording recording = sampler.stop();
  const Trace& trace = recording.traces[0];
  EXPECT_GT(trace.overwritten, 0);
  EXPECT_EQ(trace.overwritten + static_cast<std::int64_t>(trace.readings.size()), source.reads());
  EXPECT_TRUE(std::ranges::is_sorted(trace.readings, {}, &Reading::time_ns));
}

TEST_F(SamplerTest, ASourceThatIsSlowIsReadLessOften) {
  const Steady& quick = add();
  const Steady& slow = add(3600.0);
  Sampler sampler = start({500.0, 60.0});
  wait_for_reads(quick, 20);
  sampler.stop();
  EXPECT_EQ(slow.reads(), 2);  // at the begin and at the end
}

TEST_F(SamplerTest, AGpuIsAskedFiveTimesPerSecondAtMost) {
  const Steady& source = add();
  gpus_.push_back(std::make_unique<LostGpu>(clock_));
  Sampler sampler = start({500.0, 60.0});
  wait_for_reads(source, 400);
  const Recording recording = sampler.stop();
  ASSERT_EQ(recording.gpus.size(), 1U);
  const auto& readings = recording.gpus[0].readings;
  ASSERT_GE(readings.size(), 4U);
  for (std::size_t i = 1; i + 1 < readings.size(); ++i)  // the last one is that of the end
    EXPECT_GT(readings[i].time_ns - readings[i - 1].time_ns, SharedClock::ns(0.15));
  EXPECT_EQ(recording.gpus[0].interval_s, 0.2);
  EXPECT_EQ(recording.gpus[0].faults.at(15), "GPU is lost");
}

TEST_F(SamplerTest, SeesThatTheMachineWasUnplugged) {
  tree_.add("sys/class/power_supply/BAT0/type", "Battery")
      .add("sys/class/power_supply/BAT0/status", "Charging");
  const Steady& source = add();
  Sampler sampler = start({500.0, 60.0});
  wait_for_reads(source, 5);
  replace_file(tree_.root() / "sys/class/power_supply/BAT0/status", "Discharging");
  wait_for_reads(source, source.reads() + 3);
  const Recording recording = sampler.stop();
  ASSERT_EQ(recording.supply.size(), 2U);
  EXPECT_EQ(recording.supply[0].supply, Supply::mains);
  EXPECT_EQ(recording.supply[1].supply, Supply::battery);
}

TEST_F(SamplerTest, WithoutSourcesThereIsNothingToSay) {
  Sampler sampler = start({10.0, 60.0});
  EXPECT_TRUE(sampler.stop().traces.empty());
}

TEST_F(SamplerTest, ImpossibleRatesAreRefused) {
  for (const double rate : {0.0, -1.0, 1e4, std::numeric_limits<double>::infinity()}) {
    EXPECT_FALSE(Sampler::start(sources_, SupplyWatch(tree_.root()), clock_, {rate, 60.0})) << rate;
  }
}

}  // namespace
}  // namespace bantam::energy
