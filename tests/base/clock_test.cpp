// Durations while somebody sets the system's clock: played by functions of this program, which stand before
// the C library's.
#include "base/clock.hpp"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <cstdlib>

namespace {

time_t jump_s = 0;  // of the calendar's clock and of the one that NTP slews

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* now) noexcept {
  const long done = ::syscall(SYS_clock_gettime, clock, now);
  if (clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC) now->tv_sec += jump_s;
  return static_cast<int>(done);
}

extern "C" time_t time(time_t* kept) noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  if (kept != nullptr) *kept = now.tv_sec;
  return now.tv_sec;
}

namespace bantam::base {
namespace {

TEST(Clock, JumpsAndSlewOfTheSystemsClockChangeNoDuration) {
  const MonotonicClock clock;
  const auto before_utc = utc_seconds(utc_timestamp());
  const std::int64_t before_ns = clock.now_ns();
  jump_s = 100'000;
  const std::int64_t forth_ns = clock.now_ns();
  const auto forth_utc = utc_seconds(utc_timestamp());
  jump_s = -100'000;
  const std::int64_t back_ns = clock.now_ns();
  jump_s = 0;
  EXPECT_LT(seconds(forth_ns - before_ns), 50'000.0);
  EXPECT_GE(back_ns, forth_ns);
  EXPECT_LT(seconds(back_ns - before_ns), 50'000.0);
  EXPECT_GE(*forth_utc - *before_utc, 100'000) << "labels follow the calendar";
}

TEST(Clock, LabelsAreInUtcWhateverTheTimeZone) {
  const char* const before = std::getenv("TZ");
  const std::string kept = before != nullptr ? before : "";
  const auto here = utc_seconds(utc_timestamp());
  ::setenv("TZ", "Pacific/Kiritimati", 1);
  ::tzset();
  const auto there = utc_seconds(utc_timestamp());
  before != nullptr ? ::setenv("TZ", kept.c_str(), 1) : ::unsetenv("TZ");
  ::tzset();
  EXPECT_NEAR(static_cast<double>(*there), static_cast<double>(*here), 5.0);
}

}  // namespace
}  // namespace bantam::base
