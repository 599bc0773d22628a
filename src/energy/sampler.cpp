#include "energy/sampler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <ctime>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <utility>

namespace bantam::energy {
namespace {

constexpr double kLeastRateHz = 0.01;
constexpr double kMostRateHz = 1000.0;
constexpr double kMostKept = 1e7;           // readings of one source
constexpr std::size_t kAtOnce = 64;         // readings of one call
constexpr std::size_t kMostChanges = 1024;  // of the supply
constexpr double kGpuIntervalS = 0.2;       // NVML's figures are means over a sixth of a second and more

double thread_cpu_s() {
  timespec used{};
  if (::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used) != 0) return 0.0;
  return static_cast<double>(used.tv_sec) + 1e-9 * static_cast<double>(used.tv_nsec);
}

// The last of many, in room that is there from the begin.
template <typename T>
class LastOnes {
 public:
  explicit LastOnes(std::size_t room) : room_(room) {}

  void add(const T& one) {
    room_[written_ % room_.size()] = one;
    ++written_;
  }
  std::size_t overwritten() const { return written_ - kept(); }
  // Oldest first.
  std::vector<T> all() const {
    std::vector<T> in_order;
    in_order.reserve(kept());
    for (std::size_t i = overwritten(); i < written_; ++i) in_order.push_back(room_[i % room_.size()]);
    return in_order;
  }

 private:
  std::size_t kept() const { return std::min(written_, room_.size()); }

  std::vector<T> room_;
  std::size_t written_ = 0;
};

// When something is read again that is read at most once in so long a time.
class Due {
 public:
  explicit Due(double interval_s) : interval_s_(interval_s) {}
  bool is_at(std::int64_t now_ns) const { return now_ns >= due_ns_; }
  // A tenth early is in time: ticks come a little sooner or later.
  void read_at(std::int64_t now_ns) { due_ns_ = now_ns + static_cast<std::int64_t>(0.9e9 * interval_s_); }
  double interval_s() const { return interval_s_; }

 private:
  double interval_s_;
  std::int64_t due_ns_ = 0;
};

// One source and its last readings.
class Ring {
 public:
  Ring(Source& source, double interval_s, std::size_t room)
      : source_(&source), due_(std::max(interval_s, source.facts().least_interval_s)), last_(room) {}

  bool is_due(std::int64_t now_ns) const { return due_.is_at(now_ns); }

  void read(std::int64_t now_ns) {
    const std::size_t count = source_->read(some_);
    for (std::size_t i = 0; i < count; ++i) last_.add(some_[i]);
    due_.read_at(now_ns);
  }

  Trace trace() const {
    return {source_->facts(), last_.all(), due_.interval_s(), static_cast<std::int64_t>(last_.overwritten())};
  }

 private:
  Source* source_;
  Due due_;
  LastOnes<Reading> last_;
  std::array<Reading, kAtOnce> some_{};
};

// One GPU and its last readings.
class GpuRing {
 public:
  GpuRing(GpuLoad& gpu, double interval_s, double kept_s)
      : gpu_(&gpu),
        due_(std::max(interval_s, kGpuIntervalS)),
        last_(static_cast<std::size_t>(kept_s / due_.interval_s()) + kAtOnce) {}

  bool is_due(std::int64_t now_ns) const { return due_.is_at(now_ns); }

  void read(std::int64_t now_ns) {
    last_.add(gpu_->read());
    due_.read_at(now_ns);
  }

  GpuReadings readings() const {
    GpuReadings told{gpu_->facts(), last_.all(), due_.interval_s(), {}};
    for (const GpuReading& reading : told.readings) {
      for (const GpuCode code : reading.codes) name_fault(code, told);
      name_fault(reading.reasons_code, told);
    }
    return told;
  }

 private:
  void name_fault(GpuCode code, GpuReadings& told) const {
    if (code > kGpuGood && !told.faults.contains(code)) told.faults[code] = gpu_->reason(code);
  }

  GpuLoad* gpu_;
  Due due_;
  LastOnes<GpuReading> last_;
};

}  // namespace

class Sampler::Loop {
 public:
  Loop(const std::vector<std::unique_ptr<Source>>& sources, SupplyWatch supply, const base::Clock& clock,
       const SamplerSettings& settings, std::span<const std::unique_ptr<GpuLoad>> gpus)
      : supply_(std::move(supply)), clock_(clock), interval_s_(1.0 / settings.rate_hz) {
    const auto room = static_cast<std::size_t>(settings.rate_hz * settings.kept_s) + kAtOnce;
    for (const auto& source : sources) rings_.emplace_back(*source, interval_s_, room);
    for (const auto& gpu : gpus) gpus_.emplace_back(*gpu, interval_s_, settings.kept_s);
    changes_.reserve(kMostChanges);
    from_ns_ = clock_.now_ns();
    tick(true);
  }

  void begin() {
    thread_ = std::thread([this] { run(); });
  }

  void end() {
    if (!thread_.joinable()) return;
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
    tick(true);
  }

  Recording recording() const {
    Recording recording;
    for (const Ring& ring : rings_) recording.traces.push_back(ring.trace());
    for (const GpuRing& gpu : gpus_) recording.gpus.push_back(gpu.readings());
    recording.supply = changes_;
    recording.from_ns = from_ns_;
    recording.to_ns = clock_.now_ns();
    recording.ticks = ticks_;
    recording.late_ticks = late_;
    recording.cpu_s = cpu_s_;
    return recording;
  }

 private:
  void run() {
    using SteadyClock = std::chrono::steady_clock;
    const auto interval =
        std::chrono::duration_cast<SteadyClock::duration>(std::chrono::duration<double>(interval_s_));
    const double cpu_before_s = thread_cpu_s();
    auto due = SteadyClock::now();
    std::unique_lock lock(mutex_);
    while (true) {
      due += interval;
      while (due + interval < SteadyClock::now()) {
        due += interval;
        ++late_;
      }
      if (wake_.wait_until(lock, due, [this] { return stopping_; })) break;
      lock.unlock();
      tick(false);
      lock.lock();
    }
    cpu_s_ = thread_cpu_s() - cpu_before_s;
  }

  void tick(bool all) {
    const std::int64_t now = clock_.now_ns();
    const Supply supply = supply_.read();
    const bool changed = changes_.empty() || changes_.back().supply != supply;
    if (changed && changes_.size() < kMostChanges) changes_.push_back({now, supply});
    for (Ring& ring : rings_) {
      if (all || ring.is_due(now)) ring.read(now);
    }
    for (GpuRing& gpu : gpus_) {
      if (all || gpu.is_due(now)) gpu.read(now);
    }
    ++ticks_;
  }

  std::vector<Ring> rings_;
  std::vector<GpuRing> gpus_;
  SupplyWatch supply_;
  const base::Clock& clock_;
  double interval_s_;
  std::vector<SupplyChange> changes_;
  std::int64_t from_ns_ = 0;
  std::int64_t ticks_ = 0;
  std::int64_t late_ = 0;
  double cpu_s_ = 0.0;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

Sampler::Sampler(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}
Sampler::Sampler(Sampler&&) noexcept = default;

Sampler::~Sampler() {
  if (loop_) loop_->end();
}

base::Result<Sampler> Sampler::start(const std::vector<std::unique_ptr<Source>>& sources, SupplyWatch supply,
                                     const base::Clock& clock, const SamplerSettings& settings,
                                     std::span<const std::unique_ptr<GpuLoad>> gpus) {
  const bool rate_is_good = settings.rate_hz >= kLeastRateHz && settings.rate_hz <= kMostRateHz;
  if (!rate_is_good || !(settings.kept_s > 0.0) || settings.rate_hz * settings.kept_s > kMostKept) {
    return base::fail(base::ErrorKind::usage,
                      fmt::format("sensors cannot be read {:g} times per second for {:g} s", settings.rate_hz,
                                  settings.kept_s),
                      "the rate is from 0.01 to 1000, and 10 million readings are kept");
  }
  try {
    auto loop = std::make_unique<Loop>(sources, std::move(supply), clock, settings, gpus);
    loop->begin();
    return Sampler(std::move(loop));
  } catch (const std::bad_alloc&) {
    return base::fail(base::ErrorKind::environment, "there is no memory for the readings of the sensors");
  } catch (const std::system_error& error) {
    return base::fail(base::ErrorKind::environment,
                      fmt::format("no thread to read the sensors with: {}", error.what()));
  }
}

Recording Sampler::stop() {
  loop_->end();
  return loop_->recording();
}

}  // namespace bantam::energy
