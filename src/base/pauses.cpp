#include "base/pauses.hpp"

#include <signal.h>
#include <time.h>

#include <atomic>

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

}  // namespace

void watch_stops() {
  struct sigaction action {};
  action.sa_handler = on_continue;
  action.sa_flags = SA_RESTART;
  if (::sigaction(SIGCONT, &action, nullptr) == 0) watched = true;
}

Pauses pauses() {
  Pauses so_far;
  if (watched) so_far.stops = continued.load(std::memory_order_relaxed);
  so_far.suspended_s = seconds_suspended();
  return so_far;
}

bool paused_between(const Pauses& before, const Pauses& after) {
  const bool stopped = before.stops && after.stops && *after.stops > *before.stops;
  const bool slept =
      before.suspended_s && after.suspended_s && *after.suspended_s - *before.suspended_s > kLeastSuspendedS;
  return stopped || slept;
}

}  // namespace bantam::base
