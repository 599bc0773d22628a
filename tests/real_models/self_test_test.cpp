// The kernels of this build on this machine, and the facts that name them.

#include "engine/llama/self_test.hpp"

#include <gtest/gtest.h>

#include <set>

#include "engine/llama/facts.hpp"

namespace bantam::engine {
namespace {

class Kernels : public testing::TestWithParam<const char*> {};

TEST_P(Kernels, ComputeWhatTheyShould) {
  for (const bool extra_buffers : {false, true}) {
    const auto test = test_kernels(GetParam(), extra_buffers);
    ASSERT_TRUE(test) << test.error().message;
    EXPECT_TRUE(test->ok) << test->reason;
    EXPECT_GE(test->trials.size(), 4U);
    std::set<int> columns;
    for (const KernelTrial& trial : test->trials) {
      columns.insert(trial.columns);
      EXPECT_LT(trial.error, kKernelErrorBound) << trial.buffer;
      if (!extra_buffers) {
        EXPECT_EQ(trial.buffer, "CPU");
      }
    }
    EXPECT_EQ(columns, (std::set<int>{1, 32}));
  }
}

INSTANTIATE_TEST_SUITE_P(Types, Kernels,
                         testing::Values("f32", "f16", "bf16", "q8_0", "q4_0", "q4_1", "q5_0", "q5_1", "q2_K",
                                         "q3_K", "q4_K", "q5_K", "q6_K", "iq4_nl", "iq4_xs", "iq2_xxs",
                                         "iq3_s"),
                         [](const auto& type) { return std::string(type.param); });

TEST(Kernels, ExtraBuffersAreReallyTried) {
  if (engine_facts()["extra_buffer_types"].empty()) GTEST_SKIP() << "this build has no extra buffer types";
  const auto test = test_kernels("q4_0", true);
  ASSERT_TRUE(test);
  EXPECT_NE(test->trials.front().buffer, "CPU");
}

TEST(Kernels, AnUnknownTypeIsAnError) {
  EXPECT_EQ(test_kernels("q9_9", true).error().kind, base::ErrorKind::bad_input);
}

TEST(EngineFacts, NameTheSourceAndTheKernels) {
  const base::Json facts = engine_facts();
  EXPECT_EQ(facts["name"], "llama");
  EXPECT_FALSE(facts["version"].get<std::string>().empty());
  EXPECT_FALSE(facts["source"].get<std::string>().empty());
  EXPECT_TRUE(facts["kernels_amx"].is_boolean());
  EXPECT_GE(facts["devices"].size(), 1U);
  for (const base::Json& feature : facts["cpu_features"]) {
    EXPECT_NE(engine_identity().find(feature.get<std::string>()), std::string::npos);
  }
}

}  // namespace
}  // namespace bantam::engine
