#include "measure/energy_figures.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "measure/summary.hpp"
#include "metric/catalogue.hpp"

namespace bantam::measure {
namespace {

using record::BlockEnergy;
using record::SourceEnergy;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// 20 requests of 64 tokens each in 10 s: 600 J, of which idling takes 100 J.
BlockEnergy block(double joules = 600.0) {
  SourceEnergy source;
  source.name = "intel-rapl:package-0";
  source.kind = "rapl";
  source.scope = "package";
  source.grade = "B";
  source.is_headline = true;
  source.joules = joules;
  source.net_joules = joules - 100.0;
  source.prefill_joules = 0.2 * joules;
  source.decode_joules = 0.7 * joules;
  source.mean_w = joules / 10.0;
  source.peak_w = joules / 8.0;
  source.idle_before_w = 9.0;
  source.idle_after_w = 11.0;
  BlockEnergy energy;
  energy.window_s = 10.0;
  energy.requests = 20;
  energy.output_tokens = 20 * 64;
  energy.sources = {source};
  return energy;
}

record::Trial trial(std::int64_t round) {
  record::Trial trial;
  trial.scenario = "single_stream";
  trial.wall_s = 0.5;
  trial.counters = base::Json::object();
  trial.round = round;
  record::Stream stream;
  stream.token_ns = {100'000'000, 500'000'000};
  stream.output_sha256 = "same";
  stream.finish = "length";
  trial.streams = {stream};
  return trial;
}

Summary summary_of(const std::vector<BlockEnergy>& blocks, const Gates& gates = {}) {
  Observed observed;
  for (const BlockEnergy& one : blocks) {
    const std::int64_t round = std::ssize(observed.energy);
    observed.energy[round] = one;
    observed.trials.push_back(trial(round));
  }
  return summarize_energy(observed, gates);
}

std::map<std::string, record::Value> scores(const char* key, double share) {
  record::Value value;
  value.value = share;
  return {{key, value}};
}

TEST(AnswerEnergy, IsThatOfAnItemAndOfARightAnswer) {
  BlockEnergy energy = block();  // 20 items, 600 J, 500 J net
  energy.carbon_g_per_kwh = 360.0;
  energy.battery_wh = 15.0;
  const auto figures = answer_energy_figures(energy, scores("acc", 0.4));
  EXPECT_DOUBLE_EQ(figures.values.at("energy_per_item_j"), 30.0);
  EXPECT_DOUBLE_EQ(figures.values.at("net_energy_per_item_j"), 25.0);
  EXPECT_DOUBLE_EQ(figures.values.at("energy_per_correct_j"), 75.0);
  EXPECT_DOUBLE_EQ(figures.values.at("carbon_per_item_g"), 0.003);
  EXPECT_DOUBLE_EQ(figures.values.at("items_per_charge"), 1800.0);
  EXPECT_THAT(figures.absent, IsEmpty());
}

TEST(AnswerEnergy, OfARightAnswerNeedsAScoreThatCountsThem) {
  const auto absent = [](const std::map<std::string, record::Value>& all) {
    return answer_energy_figures(block(), all).absent.at("energy_per_correct_j");
  };
  EXPECT_EQ(absent(scores("word_perplexity", 12.0)), "the task has no score that counts right answers");
  EXPECT_EQ(absent(scores("exact_match,strict-match", 0.0)), "no answer was right");
  BlockEnergy invalid = block();
  invalid.sources[0].is_invalid = true;
  invalid.sources[0].absent["joules"] = "stuck";
  const auto figures = answer_energy_figures(invalid, scores("acc", 0.4));
  EXPECT_THAT(figures.values, IsEmpty());
  EXPECT_EQ(figures.absent.at("energy_per_correct_j"), "stuck");
}

TEST(AnswerEnergy, TakesTheNormalizedScoreWhereTheTaskHasIt) {
  EXPECT_EQ(right_answers_key({{"acc", {}}, {"acc_norm", {}}, {"f1", {}}}), "acc_norm");
  EXPECT_EQ(right_answers_key({{"exact_match,flexible-extract", {}}, {"exact_match,strict-match", {}}}),
            "exact_match,strict-match");
  EXPECT_EQ(right_answers_key({{"energy_per_item_j", {}}}), "");
}

TEST(EnergyFigures, AreWhatTheirNamesSay) {
  BlockEnergy energy = block();
  energy.carbon_g_per_kwh = 380.0;
  energy.battery_wh = 15.0;
  const auto figures = energy_figures(energy);
  const auto& values = figures.values;
  EXPECT_DOUBLE_EQ(values.at("energy_per_request_j"), 30.0);
  EXPECT_DOUBLE_EQ(values.at("energy_per_output_token_j"), 600.0 / 1280.0);
  EXPECT_DOUBLE_EQ(values.at("output_tokens_per_j"), 1280.0 / 600.0);
  EXPECT_DOUBLE_EQ(values.at("net_energy_per_request_j"), 25.0);
  EXPECT_DOUBLE_EQ(values.at("prefill_energy_per_request_j"), 6.0);
  EXPECT_DOUBLE_EQ(values.at("decode_energy_per_request_j"), 21.0);
  EXPECT_DOUBLE_EQ(values.at("mean_power_w"), 60.0);
  EXPECT_DOUBLE_EQ(values.at("peak_power_w"), 75.0);
  EXPECT_DOUBLE_EQ(values.at("idle_power_w"), 10.0);
  EXPECT_DOUBLE_EQ(values.at("carbon_per_request_g"), 30.0 / 3.6e6 * 380.0);
  EXPECT_DOUBLE_EQ(values.at("requests_per_charge"), 1800.0);  // 15 Wh are 54 kJ
  EXPECT_THAT(figures.absent, IsEmpty());
}

TEST(EnergyFigures, EachThatIsNotThereSaysWhy) {
  BlockEnergy energy = block();
  SourceEnergy& source = energy.sources.front();
  source.net_joules.reset();
  source.absent["net_joules"] = "the idle power after the work is not known";
  source.prefill_joules.reset();
  source.absent["prefill_joules"] = "prefill takes 0.001 s";
  source.idle_after_w.reset();
  source.absent["idle_after_w"] = "idle: too short";
  const auto figures = energy_figures(energy);
  EXPECT_EQ(figures.absent.at("net_energy_per_request_j"), "the idle power after the work is not known");
  EXPECT_EQ(figures.absent.at("prefill_energy_per_request_j"), "prefill takes 0.001 s");
  EXPECT_EQ(figures.absent.at("idle_power_w"), "idle: too short");
  EXPECT_THAT(figures.absent.at("carbon_per_request_g"), HasSubstr("--carbon-intensity"));
  EXPECT_THAT(figures.absent.at("requests_per_charge"), HasSubstr("--battery-wh"));
  EXPECT_TRUE(figures.values.contains("energy_per_request_j"));
  // Every metric of energy is there or says why not, whatever is missing.
  source.joules.reset();
  source.absent["joules"] = "the window of 0.1 s is too short for this sensor";
  BlockEnergy without_source = block();
  without_source.sources.clear();
  BlockEnergy without_requests = block();
  without_requests.requests = 0;
  for (const BlockEnergy& one : {energy, without_source, without_requests}) {
    const auto none = energy_figures(one);
    for (const metric::Metric& metric : metric::catalogue()) {
      if (metric.group != metric::MetricGroup::energy) continue;
      const std::string name(metric.name);
      EXPECT_NE(none.values.contains(name), none.absent.contains(name)) << name;
    }
    EXPECT_FALSE(none.values.contains("energy_per_request_j"));
  }
}

TEST(EnergySummary, IsTheMedianOverBlocksWithTheirInterval) {
  const Summary summary = summary_of({block(590.0), block(600.0), block(605.0), block(610.0), block(660.0)});
  EXPECT_THAT(summary.reasons, IsEmpty());
  const record::Value& value = summary.metrics.at("energy_per_request_j");
  EXPECT_DOUBLE_EQ(value.value, 30.25);
  EXPECT_EQ(value.n, 100);
  ASSERT_TRUE(value.interval);
  EXPECT_LT(value.interval->low, 30.25);
  EXPECT_GT(value.interval->high, 30.25);
  ASSERT_EQ(summary.blocks.size(), 5U);
  EXPECT_DOUBLE_EQ(summary.blocks[4].values.at("energy_per_request_j"), 33.0);
  EXPECT_FALSE(summary.metrics.contains("ttft_s")) << "speeds are of the performance cell";
}

TEST(EnergySummary, ABlockThatIsNotBelievedDoesNotCount) {
  BlockEnergy stuck = block(1.0);
  stuck.sources.front().is_invalid = true;
  stuck.sources.front().joules.reset();
  stuck.sources.front().absent["joules"] = "the counter was stuck";
  const Summary mixed = summary_of({block(), stuck, block(), block(), block()});
  EXPECT_THAT(mixed.reasons, IsEmpty());
  EXPECT_DOUBLE_EQ(mixed.metrics.at("energy_per_request_j").value, 30.0);
  EXPECT_THAT(mixed.warnings, Contains(HasSubstr("the counter was stuck")));
  const Summary all = summary_of({stuck, stuck});
  EXPECT_FALSE(all.metrics.contains("energy_per_request_j"));
  EXPECT_THAT(all.reasons, Contains(HasSubstr("0 of 2 rounds count")));
  EXPECT_EQ(all.absent.at("energy_per_request_j"), "the counter was stuck");
}

// Of 50 readings, of which `share` were too hot.
BlockEnergy with_gpu(double share, std::int64_t times) {
  BlockEnergy energy = block();
  record::GpuLoad gpu;
  gpu.name = "nvml:0";
  gpu.readings = 50;
  gpu.throttle = record::GpuThrottle{{{"sw_power_cap", 1.0}}, share, times};
  if (times > 0) gpu.throttle->shares["hw_thermal_slowdown"] = share;
  energy.gpus = {gpu};
  return energy;
}

TEST(judge_gpus, adds_up_windows_and_warns_of_heat_but_not_of_a_limit) {
  const BlockEnergy calm = with_gpu(0.0, 0);
  const BlockEnergy hot = with_gpu(0.5, 2);
  const std::array<const BlockEnergy*, 2> both{&calm, &hot};
  const Validity validity = judge_gpus("single_stream", both, Gates{});
  EXPECT_THAT(validity.reasons, IsEmpty());
  EXPECT_THAT(validity.warnings,
              ::testing::ElementsAre("single_stream: the GPU nvml:0 was throttled 2 times: too hot "
                                     "(hw_thermal_slowdown) 25.0 % of the time"));
  const std::array<const BlockEnergy*, 1> one{&calm};
  EXPECT_THAT(judge_gpus("single_stream", one, Gates{}).warnings, IsEmpty());
}

TEST(EnergySummary, AHotGpuIsAWarningAndWithAGateItsRoundDoesNotCount) {
  const std::vector<BlockEnergy> blocks{with_gpu(0.5, 1), with_gpu(0.0, 0), with_gpu(0.0, 0),
                                        with_gpu(0.0, 0), with_gpu(0.0, 0)};
  const Summary warned = summary_of(blocks);
  EXPECT_THAT(warned.warnings, Contains("single_stream: the GPU nvml:0 was throttled 1 time: too hot "
                                        "(hw_thermal_slowdown) 10.0 % of the time"));
  EXPECT_THAT(warned.reasons, IsEmpty());
  EXPECT_EQ(warned.metrics.at("energy_per_request_j").n, 100);
  Gates strict;
  strict.throttle_events.invalid_above = 0.0;
  const Summary gated = summary_of(blocks, strict);
  EXPECT_THAT(gated.warnings, Contains(HasSubstr("round 1 does not count: single_stream: the GPU nvml:0")));
  EXPECT_EQ(gated.metrics.at("energy_per_request_j").n, 80);
  EXPECT_THAT(summary_of({with_gpu(0.0, 0), with_gpu(0.0, 0)}).warnings,
              ::testing::Not(Contains(HasSubstr("throttled"))));
}

}  // namespace
}  // namespace bantam::measure
