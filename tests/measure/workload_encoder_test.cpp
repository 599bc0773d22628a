#include "measure/workload.hpp"

#include <gtest/gtest.h>

#include "measure/summary.hpp"
#include "support/fake_clock.hpp"

namespace bantam::measure {
namespace {

using engine::Token;

// Embeds a batch in 0.1 s and 0.05 s a sequence.
class TimedEncoder final : public engine::Encoder {
 public:
  explicit TimedEncoder(support::FakeClock& clock) : clock_(clock) {}
  std::vector<std::size_t> batch_sizes;

  const engine::Properties& properties() const override { return properties_; }
  base::Result<std::vector<Token>> tokenize(std::string_view text) override {
    return std::vector<Token>(text.begin(), text.end());
  }
  base::Result<std::vector<engine::Embedding>> encode(
      std::span<const std::vector<Token>> sequences) override {
    batch_sizes.push_back(sequences.size());
    clock_.advance_s(0.1 + 0.05 * static_cast<double>(sequences.size()));
    return std::vector<engine::Embedding>(sequences.size(), {1.0F, 2.0F});
  }
  engine::MemoryUse memory() const override { return {}; }

 private:
  support::FakeClock& clock_;
  engine::Properties properties_;
};

class KeepingSink final : public TrialSink {
 public:
  std::vector<record::Trial> trials;
  base::Status on_trial(const record::Trial& trial) override {
    trials.push_back(trial);
    return {};
  }
  base::Status on_scenario_end(const ScenarioEnd&) override { return {}; }
};

class EncoderWorkload : public ::testing::Test {
 protected:
  Summary summary() {
    EXPECT_TRUE(measure_encoder(encoder, {101, 7, 102}, settings, clock, sink, clock.now_ns()));
    Observed observed;
    observed.encoder = true;
    observed.trials = sink.trials;
    return summarize(observed);
  }

  support::FakeClock clock;
  TimedEncoder encoder{clock};
  plan::PerformanceSettings settings;
  KeepingSink sink;
};

TEST_F(EncoderWorkload, GivesLatencyOfOneAndRateOfABatch) {
  settings.num_warmup = 1;
  settings.num_runs = 2;
  settings.batch_size = 8;
  const Summary figures = summary();
  EXPECT_EQ(encoder.batch_sizes, (std::vector<std::size_t>{1, 1, 1, 8, 8, 8}));
  EXPECT_NEAR(figures.metrics.at("sequence_latency_s").value, 0.15, 1e-9);
  EXPECT_NEAR(figures.metrics.at("sequences_per_s").value, 8 / 0.5, 1e-6);
  EXPECT_EQ(figures.metrics.at("prompt_tokens").value, 3.0);
}

TEST_F(EncoderWorkload, HasNoFiguresOfTokensAndSaysWhy) {
  settings.num_runs = 1;
  const Summary figures = summary();
  for (const char* metric : {"ttft_s", "tpot_s", "decode_tokens_per_s", "itl_p50_s", "tg_tokens_per_s"}) {
    EXPECT_FALSE(figures.metrics.contains(metric)) << metric;
    EXPECT_EQ(figures.absent.at(metric), "encoders generate no tokens") << metric;
  }
}

TEST_F(EncoderWorkload, WithoutBatchesTheRateIsThatOfSingleSequences) {
  settings.num_runs = 1;
  settings.batch_size = 1;
  EXPECT_NEAR(summary().metrics.at("sequences_per_s").value, 1 / 0.15, 1e-6);
}

TEST(EncoderSequence, IsThePromptCutOrAsLongAsAsked) {
  const std::vector<Token> prompt{101, 1, 2, 3, 102};
  plan::PerformanceSettings settings;
  EXPECT_EQ(*encoder_sequence(prompt, settings, 512), prompt);
  EXPECT_EQ(*encoder_sequence(prompt, settings, 4), (std::vector<Token>{101, 1, 2, 102}));
  settings.n_prompt = 8;
  EXPECT_EQ(*encoder_sequence(prompt, settings, 512), (std::vector<Token>{101, 1, 2, 3, 1, 2, 3, 102}));
  settings.n_prompt = 1;
  EXPECT_EQ(*encoder_sequence(prompt, settings, 512), (std::vector<Token>{101}));
  settings.n_prompt = 513;
  EXPECT_EQ(encoder_sequence(prompt, settings, 512).error().kind, base::ErrorKind::bad_input);
}

}  // namespace
}  // namespace bantam::measure
