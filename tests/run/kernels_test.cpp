#include "run/kernels.hpp"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace bantam::run
