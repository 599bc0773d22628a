// The damage of quantized files against llama-perplexity --kl-divergence on the same text.
#include "damage/fidelity.hpp"

#include <gtest/gtest.h>
#include <optional>
#include <ostream>

#include "base/files.hpp"
#include "engine/llama/engine.hpp"
#include "model/llama/quantize.hpp"
#include "support/collected_items.hpp"
#include "support/shared.hpp"
#include "support/temp_dir.hpp"

namespace bantam::evaluate {
namespace {

using base::Json;

constexpr const char* kModel = "models/probe/probe-f16.gguf";
constexpr const char* kFolder = "oracle/llama_cpp";
constexpr engine::Capacity kCapacity{512, 1};
// Of other kernels (the oracle's README): the figures move with the order of sums.
constexpr double kPerplexityTolerance = 0.0005;

struct Case {
  const char* type;
  bool importance;       // with the oracle's importance matrix
  double kld_tolerance;  // relative

  std::string name() const { return std::string(type) + (importance ? "-imat" : ""); }
  friend void PrintTo(const Case& one, std::ostream* out) { *out << one.name(); }
};

class FidelityOracle : public testing::TestWithParam<Case> {};

TEST_P(FidelityOracle, IsThatOfLlamaPerplexity) {
  SKIP_WITHOUT_SHARED(kModel);
  const auto shared = support::shared_folder();
  const auto text = base::read_file(shared / kFolder / "ppl.txt");
  ASSERT_TRUE(text) << text.error().message;
  const auto expected_text = base::read_file(shared / kFolder / "ppl_expected.json");
  ASSERT_TRUE(expected_text);
  const auto expected = base::parse_json(*expected_text, "ppl_expected.json");
  ASSERT_TRUE(expected);
  const Json& run = (*expected)["runs"][GetParam().name()];

  const support::TempDir folder;
  const auto file = folder.path() / "candidate.gguf";
  std::optional<std::filesystem::path> importance;
  if (GetParam().importance) importance = shared / kFolder / "imatrix.gguf";
  ASSERT_TRUE(model::quantize_file(shared / kModel, file, GetParam().type, 2, importance));
  const auto base = engine::open_llama(shared / kModel, {}, kCapacity, nullptr);
  const auto candidate = engine::open_llama(file, {}, kCapacity, nullptr);
  ASSERT_TRUE(base && candidate);

  support::CollectedItems collected;
  const auto measured = damage::measure_fidelity(base->get(), **candidate, {*text, 512, {}}, {}, collected);
  ASSERT_TRUE(measured) << measured.error().message;
  ASSERT_EQ(collected.items.size(), run["chunks"].get<std::size_t>());
  const damage::FidelitySummary summary = damage::summarize_fidelity(collected.items);
  const auto ours = [&](const char* metric) { return summary.metrics.at(metric).value; };
  const auto theirs = [&](const char* name) { return run["kld"][name]["value"].get<double>(); };
  const auto expect_near = [&](double value, double expected_value, double tolerance) {
    EXPECT_NEAR(value, expected_value, tolerance * expected_value);
  };
  expect_near(ours("chunk_perplexity"), run["ppl"], kPerplexityTolerance);
  expect_near(*summary.metrics.at("chunk_perplexity").std_error, run["ppl_stderr"], 0.005);
  expect_near(ours("perplexity_ratio"), theirs("Mean PPL(Q)/PPL(base)"), kPerplexityTolerance);
  expect_near(ours("kld_mean"), theirs("Mean    KLD"), GetParam().kld_tolerance);
  expect_near(ours("kld_p50"), theirs("Median  KLD"), 2.0 * GetParam().kld_tolerance);
  expect_near(ours("kld_p90"), theirs("90.0%   KLD"), 2.0 * GetParam().kld_tolerance);
  expect_near(ours("kld_p99"), theirs("99.0%   KLD"), 2.0 * GetParam().kld_tolerance);
  // The oracle's base has 16-bit log-probabilities, so that near ties can fall the other way.
  EXPECT_NEAR(100.0 * ours("top_token_agreement"), theirs("Same top p"), 0.2);
  EXPECT_NEAR(100.0 * ours("p_change_rms"), theirs("RMS \u0394p"), 0.02 * theirs("RMS \u0394p") + 0.001);
}

INSTANTIATE_TEST_SUITE_P(Types, FidelityOracle,
                         testing::Values(Case{"Q8_0", false, 0.05}, Case{"Q6_K", false, 0.02},
                                         Case{"Q4_K_M", false, 0.02}, Case{"Q4_0", false, 0.02},
                                         Case{"Q2_K", false, 0.02}, Case{"Q6_K", true, 0.02},
                                         Case{"Q4_K_M", true, 0.02}, Case{"Q4_0", true, 0.02},
                                         Case{"Q2_K", true, 0.02}),
                         [](const auto& chosen) {
                           return chosen.param.type + std::string(chosen.param.importance ? "_imat" : "");
                         });

}  // namespace
}  // namespace bantam::evaluate
