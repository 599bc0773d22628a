#include "base/pauses.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

namespace bantam::base {
namespace {

TEST(Pauses, AStopIsCountedWhenTheProgramGoesOn) {
  const pid_t child = ::fork();
  if (child == 0) {
    watch_pauses();
    const Pauses before = pauses();
    std::raise(SIGSTOP);
    const Pauses after = pauses();
    const bool counted = before.stops == 0 && after.stops == 1 && paused_between(before, after);
    ::_exit(counted && !paused_between(after, pauses()) ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, WUNTRACED), child);
  ASSERT_TRUE(WIFSTOPPED(status));
  ::kill(child, SIGCONT);
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

// The child takes no note of the signal that continues it: as if it had been frozen without one.
TEST(Pauses, AFreezeIsKnownByTheClock) {
  const pid_t child = ::fork();
  if (child == 0) {
    watch_pauses();
    std::signal(SIGCONT, SIG_DFL);
    const Pauses before = pauses();
    std::raise(SIGSTOP);
    const Pauses after = pauses();
    ::usleep(400'000);  // a sleep of its own is no freeze
    const Pauses later = pauses();
    const bool found = before.stops == after.stops && *after.frozen_s - *before.frozen_s > 0.4;
    ::_exit(found && paused_between(before, after) && !paused_between(after, later) ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, WUNTRACED), child);
  ASSERT_TRUE(WIFSTOPPED(status));
  ::usleep(500'000);
  ::kill(child, SIGCONT);
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(Pauses, SleepOfTheMachineIsOne) {
  EXPECT_TRUE(paused_between({{}, 10.0, {}}, {{}, 11.0, {}}));
  EXPECT_FALSE(paused_between({{}, 10.0, {}}, {{}, 10.001, {}}));
  EXPECT_FALSE(paused_between({1, {}, {}}, {{}, 10.0, {}})) << "what is not known is not judged";
}

}  // namespace
}  // namespace bantam::base
