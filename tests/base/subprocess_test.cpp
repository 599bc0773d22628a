#include "base/subprocess.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/clock.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "support/temp_dir.hpp"

namespace bantam::base {
namespace {

Program shell(std::string script) {
  Program program;
  program.arguments = {"sh", "-c", std::move(script)};
  return program;
}

TEST(Subprocess, GivesOutputErrorsAndExitCodeApart) {
  const auto end = run_program(shell("echo out; echo err >&2; exit 3"));
  ASSERT_TRUE(end) << end.error().message;
  EXPECT_EQ(end->output, "out\n");
  EXPECT_EQ(end->errors, "err\n");
  EXPECT_EQ(end->exit_code, 3);
  EXPECT_FALSE(end->ok());
  EXPECT_EQ(end->last_words(), "err");
}

TEST(Subprocess, PassesArgumentsAsTheyAre) {
  Program program;
  program.arguments = {"printf", "[%s]", "a b", "$HOME", "`id`", "*", ""};
  const auto end = run_program(program);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->output, "[a b][$HOME][`id`][*][]");
}

TEST(Subprocess, SetsFolderAndEnvironment) {
  const support::TempDir folder;
  ::setenv("BANTAM_TEST_GONE", "x", 1);
  ::setenv("BANTAM_TEST_OTHER", "old", 1);
  Program program = shell("pwd; echo ${BANTAM_TEST_GONE-none} $BANTAM_TEST_OTHER");
  program.folder = folder.path();
  program.environment = {{"BANTAM_TEST_OTHER", "new"}};
  program.unset = {"BANTAM_TEST_GONE"};
  const auto end = run_program(program);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->output, std::filesystem::canonical(folder.path()).string() + "\nnone new\n");
}

TEST(Subprocess, ReadsItsInputFromAFile) {
  const support::TempDir folder;
  ASSERT_TRUE(write_file_atomically(folder.path() / "input", "one\ntwo\n"));
  Program program = shell("cat");
  program.input = folder.path() / "input";
  EXPECT_EQ(run_program(program)->output, "one\ntwo\n");
  EXPECT_EQ(run_program(shell("cat"))->output, "");
  program.input = folder.path() / "nowhere";
  EXPECT_EQ(run_program(program).error().kind, ErrorKind::environment);
}

TEST(Subprocess, GivesEachLineAsItComes) {
  std::vector<std::string> lines;
  Program program = shell("printf 'one\\r\\ntwo\\n\\nthree'");
  program.on_line = [&lines](std::string_view line) { lines.emplace_back(line); };
  ASSERT_TRUE(run_program(program));
  EXPECT_EQ(lines, (std::vector<std::string>{"one", "two", "three"}));
}

TEST(Subprocess, KeepsTheLastBytesOfLongOutput) {
  Program program =
      shell("head -c 3000000 /dev/zero | tr '\\0' a; printf END; head -c 3000000 /dev/zero >&2");
  program.most_output = 1000;
  const auto end = run_program(program);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->output, std::string(997, 'a') + "END");
  EXPECT_EQ(end->errors.size(), 1000U);
}

TEST(Subprocess, SaysWhatCannotBeStarted) {
  Program program;
  program.arguments = {"/no/such/program"};
  const auto end = run_program(program);
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().kind, ErrorKind::environment);
  EXPECT_EQ(end.error().message, "cannot start /no/such/program: No such file or directory");
}

TEST(Subprocess, ReportsASignalAsShellsDo) {
  const auto end = run_program(shell("kill -SEGV $$"));
  ASSERT_TRUE(end);
  EXPECT_EQ(end->exit_code, 128 + SIGSEGV);
}

// The grandchild is what would survive if only the program itself were killed.
TEST(Subprocess, KillsTheWholeGroupAtTheTimeLimit) {
  const support::TempDir folder;
  Program program = shell("(sleep 60; echo late) & echo $! > pid; wait");
  program.folder = folder.path();
  program.timeout_s = 0.3;
  const MonotonicClock clock;
  const auto start_ns = clock.now_ns();
  const auto end = run_program(program);
  ASSERT_TRUE(end);
  EXPECT_TRUE(end->timed_out);
  EXPECT_FALSE(end->ok());
  EXPECT_LT(seconds(clock.now_ns() - start_ns), 10.0);
  const auto pid = parse_integer(trim(*read_file(folder.path() / "pid")));
  ASSERT_TRUE(pid);
  const auto gone = [&] { return ::kill(static_cast<pid_t>(*pid), 0) != 0; };
  for (int i = 0; i < 200 && !gone(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  // A killed orphan may stay a zombie where nobody reaps it.
  const auto status = read_file("/proc/" + std::to_string(*pid) + "/status");
  EXPECT_TRUE(gone() || (status && status->find("State:\tZ") != std::string::npos));
}

TEST(Subprocess, EndsAProgramThatClosedItsOutputsAtTheTimeLimit) {
  Program program = shell("exec >&- 2>&-; sleep 60");
  program.timeout_s = 0.2;
  const auto end = run_program(program);
  ASSERT_TRUE(end);
  EXPECT_TRUE(end->timed_out);
}

}  // namespace
}  // namespace bantam::base
