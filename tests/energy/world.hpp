#pragma once
// A machine whose files a thread changes while a source reads them. Its time is its own, so a slow machine
// changes nothing: the thread waits until it was looked at often enough.

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <utility>

#include "base/clock.hpp"
#include "energy/find.hpp"
#include "energy/window_energy.hpp"
#include "support/fake_tree.hpp"

namespace bantam::energy {

class SharedClock final : public base::Clock {
 public:
  std::int64_t now_ns() const override { return now_; }
  void set_s(double seconds) { now_ = ns(seconds); }
  static std::int64_t ns(double seconds) { return static_cast<std::int64_t>(seconds * 1e9 + 0.5); }

 private:
  std::atomic<std::int64_t> now_{0};
};

inline Window window_of(double from_s, double to_s) {
  return {SharedClock::ns(from_s), SharedClock::ns(to_s)};
}

// A reader sees the old content or the new one, as with a file of the kernel.
inline void replace_file(const std::filesystem::path& path, const std::string& content) {
  const std::filesystem::path temporary = path.string() + ".new";
  std::ofstream(temporary, std::ios::binary) << content;
  std::filesystem::rename(temporary, path);
}

struct Course {
  double end_s = 20.0;
  double step_s = 0.01;    // between two changes of the files
  int steps_per_read = 4;  // after so many the world waits until it was read
};

// The readings of the source while `show` brings the files to the state of each time.
inline Trace watch(Source& source, SharedClock& clock, const Course& course,
                   const std::function<void(double time_s)>& show) {
  std::atomic<int> reads{0};
  std::atomic<bool> ended{false};
  show(0.0);
  std::thread world([&] {
    const int steps = static_cast<int>(course.end_s / course.step_s + 0.5);
    for (int step = 1; step <= steps; ++step) {
      const double time_s = step * course.step_s;
      show(time_s);
      clock.set_s(time_s);
      if (step % course.steps_per_read != 0) continue;
      for (const int seen = reads; reads == seen;) std::this_thread::yield();
    }
    ended = true;
  });
  Trace trace{source.facts(), {}, course.step_s * course.steps_per_read, 0};
  std::array<Reading, 16> some{};
  for (bool last = false; !last;) {
    last = ended;
    const std::size_t count = source.read(some);
    trace.readings.insert(trace.readings.end(), some.begin(),
                          some.begin() + static_cast<std::ptrdiff_t>(count));
    ++reads;
  }
  world.join();
  return trace;
}

// The source of this name; nullptr where there is none.
inline Source* named(const Found& found, const std::string& name) {
  for (const auto& source : found.present) {
    if (source->facts().name == name) return source.get();
  }
  return nullptr;
}

inline std::string reason(const Found& found, const std::string& name) {
  for (const AbsentSource& absent : found.absent) {
    if (absent.name == name) return absent.reason;
  }
  return {};
}

// Nothing of this machine.
inline Request request_below(const std::filesystem::path& root) {
  Request request;
  request.roots = roots_under(root);
  request.unix_at_zero_s = 0.0;
  return request;
}

}  // namespace bantam::energy
