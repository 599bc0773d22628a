#include "base/line_program.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <fstream>
#include <string>
#include <thread>

namespace bantam::base {
namespace {

constexpr std::size_t kMost = 1000;

LineProgram shell(const std::string& script, std::function<bool()> stopped = {}) {
  return *LineProgram::start({"sh", "-c", script}, std::move(stopped));
}

TEST(LineProgram, AnswersLineByLine) {
  LineProgram program = shell("while read word; do echo \"<$word>\"; done");
  for (const std::string word : {"one", "two"}) {
    ASSERT_TRUE(program.send(word, 5.0));
    EXPECT_EQ(program.line(5.0, kMost), "<" + word + ">");
  }
}

TEST(LineProgram, SaysHowAProgramEnded) {
  LineProgram program = shell("echo last; echo 'no such luck' >&2; exit 3");
  EXPECT_EQ(program.line(5.0, kMost), "last");
  const auto none = program.line(5.0, kMost);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, base::ErrorKind::environment);
  EXPECT_NE(none.error().message.find("no such luck"), std::string::npos) << none.error().message;
}

TEST(LineProgram, AProgramThatSaysNothingIsNotWaitedFor) {
  LineProgram program = shell("sleep 60");
  const auto none = program.line(0.2, kMost);
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message.find("nothing within 0.2 s"), std::string::npos) << none.error().message;
}

TEST(LineProgram, ALineWithoutEndIsCutOff) {
  LineProgram program = shell("while :; do printf aaaaaaaaaaaaaaaaaaaaaaaa; done");
  const auto none = program.line(10.0, kMost);
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message.find("more than 1000 bytes"), std::string::npos) << none.error().message;
}

// Pipes hold 64 KiB: each side would wait for the other for ever.
TEST(LineProgram, MuchMayGoBothWaysAtOnce) {
  LineProgram program = shell("head -c 300000 /dev/zero | tr '\\0' 'x'; echo; cat");
  const std::string much(500000, 'y');
  ASSERT_TRUE(program.send(much, 20.0));
  const auto first = program.line(20.0, 1000000);
  ASSERT_TRUE(first);
  EXPECT_EQ(*first, std::string(300000, 'x'));
  EXPECT_EQ(program.line(20.0, 1000000), much);
}

TEST(LineProgram, WaitingEndsWhenTheUserStopsIt) {
  LineProgram program = shell("sleep 60", [] { return true; });
  const auto none = program.line(30.0, kMost);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, base::ErrorKind::interrupted);
}

TEST(LineProgram, DiesWithItsChildrenWhenItIsLetGo) {
  pid_t child = 0;
  {
    LineProgram program = shell("sleep 60 & echo $!; wait");
    child = std::stoi(*program.line(5.0, kMost));
    EXPECT_EQ(::kill(child, 0), 0);
  }
  const auto lives = [child] {
    std::ifstream stat("/proc/" + std::to_string(child) + "/stat");
    std::string number, name, state;
    return (stat >> number >> name >> state) && state != "Z";  // Z: dead, and nobody has asked yet
  };
  for (int tries = 0; tries < 500 && lives(); ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(lives());
}

TEST(LineProgram, AMissingProgramIsNamed) {
  const auto none = LineProgram::start({"/no/such/python3"});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message, "cannot start /no/such/python3: No such file or directory");
}

}  // namespace
}  // namespace bantam::base
