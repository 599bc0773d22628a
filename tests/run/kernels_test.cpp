#include "run/kernels.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "support/temp_dir.hpp"

namespace bantam::run {
namespace {

// As on a CPU whose matrix unit is advertised and broken: Q8_0 dies in the fast kernels, Q4_0 in all.
KernelVerdicts broken() {
  return KernelVerdicts(
      {{"f16", {}}, {"q8_0", {false, true, "SIGILL"}}, {"q4_0", {false, false, "SIGSEGV"}}});
}

std::vector<gguf::TensorShare> types(std::initializer_list<const char*> names) {
  std::vector<gguf::TensorShare> shares;
  for (const char* name : names) shares.push_back({name, 1, 1, 1});
  return shares;
}

TEST(KernelVerdicts, LeaveAWorkingModelAlone) {
  const auto choice = broken().choose(types({"F16", "F32"}));
  EXPECT_TRUE(choice.repack);
  EXPECT_TRUE(choice.usable);
  EXPECT_TRUE(choice.reasons.empty());
}

TEST(KernelVerdicts, FallBackToTheSlowKernelsThatWork) {
  const auto choice = broken().choose(types({"F32", "Q8_0"}));
  EXPECT_FALSE(choice.repack);
  EXPECT_TRUE(choice.usable);
  EXPECT_EQ(choice.reasons, std::vector<std::string>{"q8_0: SIGILL"});
}

TEST(KernelVerdicts, SayWhenNothingWorks) {
  EXPECT_FALSE(broken().choose(types({"Q4_0"})).usable);
}

TEST(KernelVerdicts, ChangeTheKeyOfResultsOnlyWhenSomethingIsBroken) {
  const std::map<std::string, KernelVerdict> fine{{"f16", {}}};
  EXPECT_EQ(KernelVerdicts(fine).fingerprint(), "");
  EXPECT_NE(broken().fingerprint(), "");
}

// A self-test that ends with `error` in `type`, where one is given, and finds all else in order.
SelfTest ending_in(const std::string& type, const base::Error& error, int& runs) {
  return [type, error, &runs](const job::SelfTestJob& job,
                              const job::MessageSink& on_message) -> base::Result<job::Nothing> {
    ++runs;
    for (const std::string& each : job.types) {
      TRY(on_message(job::Trying{each}));
      if (each == type && job.extra_buffers) return tl::unexpected(error);
      TRY(on_message(job::KernelTried{each, true, ""}));
    }
    return job::Nothing{};
  };
}

class ProbeKernels : public testing::Test {
 protected:
  void SetUp() override { ::setenv("BANTAM_CACHE", folder_.path().c_str(), 1); }
  void TearDown() override { ::unsetenv("BANTAM_CACHE"); }
  bool kept() const { return std::filesystem::exists(folder_.path() / "kernels"); }

  support::TempDir folder_;
  int runs_ = 0;
};

TEST_F(ProbeKernels, ADeathInATypeIsABrokenKernelAndKept) {
  const base::Error died{base::ErrorKind::worker, "the worker died of SIGILL", "", "SIGILL"};
  const auto verdicts = probe_kernels("a CPU", ending_in("q8_0", died, runs_));
  ASSERT_TRUE(verdicts);
  EXPECT_EQ(verdicts->fingerprint(), "q8_0-fast ");
  EXPECT_EQ(verdicts->by_type().at("q8_0").reason, "SIGILL");
  EXPECT_TRUE(kept());
  const int runs = runs_;
  EXPECT_EQ(probe_kernels("a CPU", ending_in("q8_0", died, runs_))->fingerprint(), "q8_0-fast ");
  EXPECT_EQ(runs_, runs);
}

TEST_F(ProbeKernels, AnyOtherEndSaysNothingOfKernels) {
  for (const base::Error& error :
       {base::Error{base::ErrorKind::environment, "cannot start a worker process: no memory", ""},
        base::Error{base::ErrorKind::interrupted, "stopped", ""}}) {
    const auto verdicts = probe_kernels("a CPU", ending_in("q8_0", error, runs_));
    ASSERT_FALSE(verdicts) << error.message;
    EXPECT_EQ(verdicts.error().message, error.message);
    EXPECT_FALSE(kept()) << error.message;
  }
}

TEST_F(ProbeKernels, AKernelThatHangsIsLeftOutAndTriedAgainNextTime) {
  const base::Error hung{base::ErrorKind::worker, "the worker hung: no token for 20 s; killed", ""};
  const auto verdicts = probe_kernels("a CPU", ending_in("q8_0", hung, runs_));
  ASSERT_TRUE(verdicts) << verdicts.error().message;
  EXPECT_EQ(verdicts->fingerprint(), "q8_0-fast ");
  EXPECT_FALSE(kept());
}

TEST_F(ProbeKernels, ADeathBetweenTypesSaysNothingOfKernels) {
  const SelfTest dies_first = [](const job::SelfTestJob&,
                                 const job::MessageSink&) -> base::Result<job::Nothing> {
    return tl::unexpected(base::Error{base::ErrorKind::worker, "the worker died of SIGKILL", "", "SIGKILL"});
  };
  EXPECT_FALSE(probe_kernels("a CPU", dies_first));
  EXPECT_FALSE(kept());
}

}  // namespace
}  // namespace bantam::run
