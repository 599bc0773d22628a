// The engines without a model: null, scripted and fault.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "engine/cores.hpp"
#include "engine/null_engine.hpp"
#include "support/fault_engine.hpp"
#include "support/scripted_engine.hpp"
#include "support/temp_dir.hpp"

namespace bantam::engine {
namespace {

TEST(ByteTokens, AreTheBytesOfTheText) {
  const std::string text = "h\xC3\xA9\xFF";
  EXPECT_EQ(byte_tokens(text), (std::vector<Token>{'h', 0xC3, 0xA9, 0xFF}));
  EXPECT_EQ(byte_text(byte_tokens(text)), text);
  EXPECT_EQ(byte_text(std::vector<Token>{'a', kByteEos}), "a");
}

TEST(NullEngine, GivesTheSameTokensEveryTimeAndBeats) {
  Heartbeat beats{0};
  const auto engine = open_null({64, 2}, &beats);
  GenerateOptions options;
  options.max_new_tokens = 30;
  const std::vector<GenerateRequest> requests = {{"one", {}}, {"two", {}}};
  const auto first = engine->generate(requests, options).value();
  const auto second = engine->generate(requests, options).value();
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[0].text, "abcdefghijklmnopqrstuvwxyzabcd");
  EXPECT_EQ(first[0].tokens, second[1].tokens);
  EXPECT_TRUE(std::is_sorted(first[0].token_ns.begin(), first[0].token_ns.end()));
  EXPECT_EQ(beats.load(), 60U);
  EXPECT_GT(engine->time_generation(5, 0).value(), 0);
}

TEST(NullEngine, HoldsAllTokensEquallyProbable) {
  const auto engine = open_null({}, nullptr);
  const ScoreRequest request{{1}, {2, 3}};
  EXPECT_DOUBLE_EQ(engine->score({&request, 1}).value().front().log_likelihood, 2.0 * std::log(1.0 / 257.0));
}

TEST(ScriptedEngine, KeepsToItsSchedule) {
  Script script;
  script.answers = {{"weather", "wet"}, {"", "no idea"}};
  script.start_ns = 1000;
  script.prefill_ns_per_token = 10;
  script.token_gaps_ns = {5, 7};
  const auto engine = open_scripted(script);
  const std::vector<GenerateRequest> requests = {{"weather?", {}}};
  const auto one = engine->generate(requests, {}).value().front();
  EXPECT_EQ(one.submitted_ns, 1000);
  EXPECT_EQ(one.prefill_done_ns, 1080);
  EXPECT_EQ(one.token_ns, (std::vector<std::int64_t>{1085, 1092, 1097}));
  EXPECT_EQ(one.text, "wet");
  EXPECT_EQ(one.finish, "stop");
}

TEST(ScriptedEngine, EndsAtLimitsAndStopStrings) {
  Script script;
  script.answers = {{"", "first line\nsecond line"}};
  const auto engine = open_scripted(script);
  const GenerateRequest request{"any", {}};
  GenerateOptions options;
  options.stop = {"\n"};
  auto one = engine->generate({&request, 1}, options).value().front();
  EXPECT_EQ(one.text, "first line\n");
  EXPECT_EQ(one.finish, "stop");
  options = {};
  options.max_new_tokens = 5;
  one = engine->generate({&request, 1}, options).value().front();
  EXPECT_EQ(one.text, "first");
  EXPECT_EQ(one.finish, "length");
  options.max_new_tokens = 30;
  options.ignore_eos = true;
  EXPECT_EQ(engine->generate({&request, 1}, options).value().front().tokens.size(), 30U);
}

TEST(ScriptedEngine, ScoresAsWrittenAndRefusesTheRest) {
  Script script;
  script.scores = {{"sky", " blue", {-0.5, true}}};
  const auto engine = open_scripted(script);
  std::vector<ScoreRequest> requests = {{byte_tokens("The sky is"), byte_tokens(" blue")}};
  const auto scores = engine->score(requests).value();
  EXPECT_EQ(scores.front().log_likelihood, -0.5);
  EXPECT_TRUE(scores.front().is_greedy);
  requests.front().continuation = byte_tokens(" red");
  EXPECT_EQ(engine->score(requests).error().kind, base::ErrorKind::bad_input);
}

std::unique_ptr<Engine> failing(int at, const std::string& act) {
  return with_fault(open_null({}, nullptr), fault_from({{"at", at}, {"act", act}}).value());
}

TEST(FaultEngine, StrikesAtItsCallOnly) {
  const auto engine = failing(2, "nan");
  const ScoreRequest request{{1}, {2}};
  EXPECT_TRUE(engine->score({&request, 1}));
  EXPECT_EQ(engine->time_prompt(4, 0).error().kind, base::ErrorKind::integrity);
  EXPECT_TRUE(engine->score({&request, 1}));
}

TEST(FaultEngineDeathTest, RaisesTheSignal) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  // Not SIGSEGV: a sanitizer would catch it and end the program in its own way.
  const auto engine = failing(1, "SIGKILL");
  EXPECT_EXIT({ (void)engine->time_prompt(1, 0); }, testing::KilledBySignal(SIGKILL), "");
}

TEST(FaultEngine, KnowsWhatCanBeActed) {
  EXPECT_EQ(fault_from({{"at", 1}, {"act", "SIGWHAT"}}).error().kind, base::ErrorKind::usage);
  EXPECT_EQ(fault_from({{"at", 0}, {"act", "hang"}}).error().kind, base::ErrorKind::usage);
  EXPECT_EQ(failing(1, "does_not_fit")->time_generation(1, 0).error().kind, base::ErrorKind::environment);
  EXPECT_EQ(failing(1, "error")->time_generation(1, 0).error().kind, base::ErrorKind::bad_input);
}

TEST(Cores, WithoutTopologyEveryAllowedCpuIsACore) {
  const support::TempDir empty;
  EXPECT_EQ(physical_cores(empty.path()), allowed_cpus());
}

TEST(Cores, CpusAreListedAsTheKernelDoes) {
  std::ifstream status("/proc/self/status");
  std::string expected;
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("Cpus_allowed_list:")) expected = line.substr(line.find_last_of(" \t") + 1);
  }
  if (expected.empty()) GTEST_SKIP() << "the kernel does not tell";
  EXPECT_EQ(cpus_of_first_thread(), expected);
  EXPECT_EQ(cpus_of_all_threads(), expected);
  const support::TempDir empty;
  EXPECT_EQ(cpus_of_all_threads(empty.path()), expected) << "without the list of threads the first one's";
}

TEST(Cores, SiblingsCountOnce) {
  const support::TempDir folder;
  for (unsigned cpu = 0; cpu < std::thread::hardware_concurrency(); ++cpu) {
    const auto topology = folder.path() / ("cpu" + std::to_string(cpu)) / "topology";
    std::filesystem::create_directories(topology);
    std::ofstream(topology / "thread_siblings_list") << "all of them\n";
  }
  EXPECT_EQ(physical_cores(folder.path()), 1);
}

}  // namespace
}  // namespace bantam::engine
