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
    watch_stops();
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

TEST(Pauses, SleepOfTheMachineIsOne) {
  EXPECT_TRUE(paused_between({{}, 10.0}, {{}, 11.0}));
  EXPECT_FALSE(paused_between({{}, 10.0}, {{}, 10.001}));
  EXPECT_FALSE(paused_between({1, {}}, {{}, 10.0})) << "what is not known is not judged";
}

}  // namespace
}  // namespace bantam::base
