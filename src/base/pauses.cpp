#include "base/pauses.hpp"

#include <pthread.h>
#include <signal.h>
#include <time.h>

#include <atomic>
#include <mutex>

#include "base/clock.hpp"

namespace bantam::base {
namespace {

std::atomic<std::int64_t> continued{0};
std::atomic<bool> watched{false};
static_assert(std::atomic<std::int64_t>::is_always_lock_free, "a signal handler adds to it");

void on_continue(int) {
  continued.fetch_add(1, std::memory_order_relaxed);
}

std::optional<double> seconds_suspended() {
  timespec with_sleep{};
  timespec awake{};
  if (::clock_gettime(CLOCK_MONOTONIC, &awake) != 0 || ::clock_gettime(CLOCK_BOOTTIME, &with_sleep) != 0) {
    return std::nullopt;
  }
  return static_cast<double>(with_sleep.tv_sec - awake.tv_sec) +
         static_cast<double>(with_sleep.tv_nsec - awake.tv_nsec) * 1e-9;
}

std::int64_t now_ns(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

// Looks at the clock often, and takes a long time between two looks for a freeze when the whole program did
// next to nothing in it: a thread that waits for a busy CPU does so while others compute.
class Ticks {
 public:
  void look() {
    const std::scoped_lock lock(mutex_);
    const std::int64_t time_ns = now_ns(CLOCK_MONOTONIC);
    const std::int64_t cpu_ns = now_ns(CLOCK_PROCESS_CPUTIME_ID);
    const std::int64_t between_ns = time_ns - time_ns_;
    if (began_ && seconds(between_ns) > kLeastFrozenS && cpu_ns - cpu_ns_ < between_ns / 10)
      frozen_ns_ += between_ns;
    began_ = true;
    time_ns_ = time_ns;
    cpu_ns_ = cpu_ns;
  }
  double frozen_s() {
    const std::scoped_lock lock(mutex_);
    return seconds(frozen_ns_);
  }

 private:
  std::mutex mutex_;
  bool began_ = false;
  std::int64_t time_ns_ = 0, cpu_ns_ = 0;
  std::int64_t frozen_ns_ = 0;
};

Ticks& ticks() {
  static Ticks* const all = new Ticks;  // outlives the thread, which nobody ends
  return *all;
}
std::atomic<bool> ticking{false};

void* tick_for_ever(void*) {
  while (true) {
    ticks().look();
    const timespec pause{0, static_cast<long>(kTickS * 1e9)};
    ::nanosleep(&pause, nullptr);
  }
  return nullptr;
}

// A thread that takes no signals: those are for the others. Without it nothing is known of freezes.
void begin_ticking() {
  if (ticking.exchange(true)) return;
  ticks().look();
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread{};
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setstacksize(&attributes, 256 << 10);
  ::pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  if (::pthread_create(&thread, &attributes, tick_for_ever, nullptr) != 0) ticking = false;
  ::pthread_attr_destroy(&attributes);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace

void watch_pauses() {
  struct sigaction action {};
  action.sa_handler = on_continue;
  action.sa_flags = SA_RESTART;
  if (::sigaction(SIGCONT, &action, nullptr) == 0) watched = true;
  begin_ticking();
}

Pauses pauses() {
  Pauses so_far;
  if (watched) so_far.stops = continued.load(std::memory_order_relaxed);
  so_far.suspended_s = seconds_suspended();
  if (ticking) {
    ticks().look();
    so_far.frozen_s = ticks().frozen_s();
  }
  return so_far;
}

bool paused_between(const Pauses& before, const Pauses& after) {
  const bool stopped = before.stops && after.stops && *after.stops > *before.stops;
  const bool slept =
      before.suspended_s && after.suspended_s && *after.suspended_s - *before.suspended_s > kLeastSuspendedS;
  const bool frozen = before.frozen_s && after.frozen_s && *after.frozen_s > *before.frozen_s;
  return stopped || slept || frozen;
}

}  // namespace bantam::base
