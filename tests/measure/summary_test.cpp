#include "measure/summary.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "measure/figures.hpp"
#include "metric/catalogue.hpp"

namespace bantam::measure {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

record::Stream stream_of(std::vector<std::int64_t> token_ns) {
  record::Stream stream;
  stream.prompt_tokens = 100;
  stream.prefill_ns = 400'000'000;
  stream.token_ns = std::move(token_ns);
  stream.output_sha256 = "same";
  stream.finish = "length";
  return stream;
}

record::Trial trial_of(const char* scenario, std::vector<record::Stream> streams, double wall_s) {
  record::Trial trial;
  trial.scenario = scenario;
  trial.streams = std::move(streams);
  trial.wall_s = wall_s;
  trial.counters = base::Json::object();
  return trial;
}

Summary summary_of(std::vector<record::Trial> trials) {
  Observed observed;
  observed.trials = std::move(trials);
  return summarize(observed);
}

// Tokens at 0.5, 0.6, 0.8 and 1.5 s.
record::Trial plain_trial() {
  return trial_of("single_stream", {stream_of({500'000'000, 600'000'000, 800'000'000, 1'500'000'000})}, 1.5);
}

record::Trial with_counter(record::Trial trial, const char* counter, const base::Json& value) {
  trial.counters[counter] = value;
  return trial;
}

TEST(Summary, LeavesOutRunsInWhichTheProgramWasPaused) {
  std::vector<record::Trial> trials(7, plain_trial());
  trials[1] = with_counter(trial_of("single_stream", {stream_of({90'000'000'000})}, 90.0), "stops", 1);
  trials[4] =
      with_counter(trial_of("single_stream", {stream_of({60'000'000'000})}, 60.0), "suspended_s", 58.0);
  const Summary summary = summary_of(trials);
  EXPECT_EQ(summary.metrics.at("ttft_s").n, 5);
  EXPECT_DOUBLE_EQ(summary.metrics.at("ttft_s").value, 0.5);
  EXPECT_THAT(summary.reasons, IsEmpty());
  EXPECT_THAT(summary.warnings, testing::Contains(HasSubstr("2 runs were disturbed and repeated")));
}

TEST(Summary, IsInvalidWhereRunsWerePausedAgainAndAgain) {
  const Summary summary = summary_of(std::vector(6, with_counter(plain_trial(), "stops", 1)));
  EXPECT_FALSE(summary.metrics.contains("ttft_s"));
  EXPECT_THAT(summary.reasons, testing::Contains(HasSubstr("6 runs were disturbed")));
}

TEST(Summary, IsInvalidWhereTheCpusChanged) {
  const auto on = [](const char* counter, const char* cpus) {
    return with_counter(plain_trial(), counter, cpus);
  };
  EXPECT_THAT(summary_of({on("cpus", "0-3"), on("cpus", "0-3")}).reasons, IsEmpty());
  EXPECT_THAT(summary_of({on("cpus", "0-3"), on("cpus", "0-1"), on("cpus", "0-3")}).reasons,
              testing::ElementsAre(HasSubstr("0-3, then 0-1, then 0-3")));
  EXPECT_THAT(summary_of({on("first_thread_cpus", "0-3"), on("first_thread_cpus", "0")}).reasons,
              testing::ElementsAre(HasSubstr("0-3, then 0")));
  Observed observed;
  observed.cpus_before = "0-1";
  observed.trials = {on("cpus", "0")};
  EXPECT_THAT(summarize(observed).reasons, testing::ElementsAre(HasSubstr("0-1, then 0")));
}

TEST(Summary, FiguresOfARequestAreAsComputedByHand) {
  const Summary summary = summary_of({plain_trial()});
  const auto value = [&](const char* metric) { return summary.metrics.at(metric).value; };
  EXPECT_DOUBLE_EQ(value("ttft_s"), 0.5);
  EXPECT_DOUBLE_EQ(value("e2e_latency_s"), 1.5);
  EXPECT_DOUBLE_EQ(value("tpot_s"), 1.0 / 3.0);
  EXPECT_DOUBLE_EQ(value("decode_tokens_per_s"), 3.0);
  EXPECT_DOUBLE_EQ(value("prefill_tokens_per_s"), 250.0);
  EXPECT_DOUBLE_EQ(value("output_tokens_per_s"), 4.0 / 1.5);
  EXPECT_DOUBLE_EQ(value("prompt_tokens"), 100.0);
  EXPECT_DOUBLE_EQ(value("output_tokens"), 4.0);
  EXPECT_DOUBLE_EQ(value("cached_tokens"), 0.0);
  EXPECT_FALSE(summary.metrics.at("ttft_s").interval.has_value());
  EXPECT_EQ(summary.metrics.at("ttft_s").n, 1);
}

TEST(Summary, EndToEndIsFirstTokenPlusAllGaps) {
  std::int64_t stamp = 1;
  std::vector<std::int64_t> stamps;
  for (int i = 1; i < 200; ++i) stamps.push_back(stamp += 1'000'003 * (i % 7 + 1));
  const record::Stream stream = stream_of(stamps);
  std::vector<double> gaps;
  append_gaps_s(stream, gaps);
  double sum = *ttft_s(stream);
  for (const double gap : gaps) sum += gap;
  EXPECT_NEAR(sum, *e2e_latency_s(stream), 1e-12);
  EXPECT_EQ(gaps.size(), stamps.size() - 1);
}

TEST(Summary, EveryMetricIsInTheCatalogueAndNoneIsBothThereAndAbsent) {
  const Summary summary = summary_of({plain_trial()});
  for (const auto& [metric, value] : summary.metrics) {
    EXPECT_NE(metric::find_metric(metric), nullptr) << metric;
    EXPECT_TRUE(std::isfinite(value.value)) << metric;
    EXPECT_FALSE(summary.absent.contains(metric)) << metric;
  }
  for (const auto& [metric, reason] : summary.absent) {
    EXPECT_NE(metric::find_metric(metric), nullptr) << metric;
    EXPECT_FALSE(reason.empty()) << metric;
  }
}

TEST(Summary, WithoutTrialsEveryFigureOfTheRoomIsAbsentWithAReason) {
  const Summary summary = summarize({});
  EXPECT_THAT(summary.metrics, IsEmpty());
  for (const metric::Metric& metric : metric::catalogue()) {
    if (metric.group != metric::MetricGroup::speed && metric.group != metric::MetricGroup::memory) continue;
    EXPECT_TRUE(summary.absent.contains(std::string(metric.name))) << metric.name;
  }
}

TEST(Summary, WarmUpTrialsDoNotCount) {
  record::Trial warmup = trial_of("single_stream", {stream_of({9'000'000'000})}, 9.0);
  warmup.warmup = true;
  const Summary summary = summary_of({warmup, plain_trial()});
  EXPECT_DOUBLE_EQ(summary.metrics.at("ttft_s").value, 0.5);
}

TEST(Summary, ARequestWithoutTokensHasNoTimes) {
  const Summary summary = summary_of({trial_of("single_stream", {stream_of({})}, 0.7)});
  EXPECT_EQ(summary.absent.at("ttft_s"), "no request gave a token");
  EXPECT_EQ(summary.absent.at("e2e_latency_s"), "no request gave a token");
  EXPECT_EQ(summary.absent.at("tpot_s"), "no request gave two tokens");
  EXPECT_DOUBLE_EQ(summary.metrics.at("output_tokens").value, 0.0);
  EXPECT_TRUE(summary.metrics.contains("prefill_tokens_per_s"));
}

TEST(Summary, OneTokenGivesAFirstTokenButNoTimePerToken) {
  const Summary summary = summary_of({trial_of("single_stream", {stream_of({300'000'000})}, 0.3)});
  EXPECT_DOUBLE_EQ(summary.metrics.at("ttft_s").value, 0.3);
  EXPECT_EQ(summary.absent.at("tpot_s"), "no request gave two tokens");
  EXPECT_EQ(summary.absent.at("itl_p50_s"), "no request gave two tokens");
}

record::Trial in_round(record::Trial trial, std::int64_t round) {
  trial.round = round;
  return trial;
}

// Repetitions within one process say how steady it was, not how fast the model is.
TEST(Summary, OneBlockHasNoIntervalHoweverManyTrials) {
  const auto value = summary_of(std::vector(50, plain_trial())).metrics.at("ttft_s");
  EXPECT_EQ(value.n, 50);
  EXPECT_FALSE(value.interval);
}

// Medians of the blocks: 0.2, 0.3, 0.4 and 0.9 s.
TEST(Summary, TheFigureIsTheMedianOverBlocks) {
  std::vector<record::Trial> trials;
  const auto add = [&trials](std::int64_t round, const std::vector<std::int64_t>& tenths) {
    for (const std::int64_t t : tenths)
      trials.push_back(in_round(trial_of("single_stream", {stream_of({t * 100'000'000})}, 1.0), round));
  };
  add(0, {1, 2, 9});
  add(1, {3});
  add(2, {4, 4});
  add(3, {9, 9, 9});
  const Summary summary = summary_of(trials);
  const auto value = summary.metrics.at("ttft_s");
  EXPECT_DOUBLE_EQ(value.value, 0.35);
  EXPECT_EQ(value.n, 9);
  ASSERT_TRUE(value.interval);
  EXPECT_EQ(value.interval->method, "blocks");
  ASSERT_EQ(summary.blocks.size(), 4U);
  EXPECT_DOUBLE_EQ(summary.blocks[0].values.at("ttft_s"), 0.2);
  EXPECT_DOUBLE_EQ(summary.blocks[3].values.at("ttft_s"), 0.9);
  EXPECT_FALSE(summary.blocks[0].values.contains("prompt_tokens")) << "counts are no speeds";
}

// A block in which other programs had a third of the CPU time.
record::Trial disturbed_by_others(std::int64_t round) {
  record::Trial trial = in_round(trial_of("single_stream", {stream_of({9'000'000'000})}, 9.0), round);
  trial.counters["machine_total_s"] = 18.0;
  trial.counters["machine_others_s"] = 6.0;
  return trial;
}

Summary gated(std::vector<record::Trial> trials) {
  Observed observed;
  observed.trials = std::move(trials);
  Gates gates;
  gates.others_share.invalid_above = 0.1;
  return summarize(observed, gates);
}

TEST(Summary, DisturbedBlocksAreKeptButDoNotCount) {
  std::vector<record::Trial> trials;
  for (std::int64_t round = 0; round < 4; ++round) trials.push_back(in_round(plain_trial(), round));
  trials.push_back(disturbed_by_others(4));
  const Summary summary = gated(trials);
  EXPECT_DOUBLE_EQ(summary.metrics.at("ttft_s").value, 0.5);
  EXPECT_EQ(summary.metrics.at("ttft_s").n, 4);
  EXPECT_THAT(summary.reasons, IsEmpty());
  ASSERT_EQ(summary.blocks.size(), 5U);
  EXPECT_THAT(summary.blocks[4].reasons, testing::ElementsAre(HasSubstr("other programs used 33.3 %")));
  EXPECT_THAT(summary.warnings, testing::Contains(HasSubstr("round 5 does not count")));
}

// The CPU became half as fast within a block.
record::Trial slowed_down(std::int64_t position, double total_s) {
  record::Trial trial = in_round(plain_trial(), 0);
  trial.counters["spin_probe_s"] = position < 4 ? 0.0003 : 0.0006;
  trial.counters["machine_total_s"] = total_s;
  return trial;
}

TEST(Summary, ADriftOfTheCpuCountsWhereEnoughWasSeenOfIt) {
  const auto reasons = [](std::int64_t trials, double total_s) {
    Observed observed;
    for (std::int64_t i = 0; i < trials; ++i) observed.trials.push_back(slowed_down(i, total_s));
    Gates gates;
    gates.spin_drift.invalid_above = 0.1;
    return summarize(observed, gates).reasons;
  };
  EXPECT_THAT(reasons(8, 1.0), testing::Contains(HasSubstr("a fixed computation took +100.0 % more time")));
  EXPECT_THAT(reasons(5, 1.0), IsEmpty()) << "too few probes";
  EXPECT_THAT(reasons(8, 0.1), IsEmpty()) << "within a moment";
}

TEST(Summary, IsInvalidWhereTooFewBlocksCount) {
  const Summary summary = gated({in_round(plain_trial(), 0), disturbed_by_others(1), disturbed_by_others(2)});
  EXPECT_THAT(summary.reasons, testing::Contains(HasSubstr("1 of 3 rounds counts, at least 4 are needed")));
  EXPECT_THAT(summary.reasons, testing::Contains(HasSubstr("round 2 does not count")));
}

TEST(Summary, PercentilesOfGapsNeedTheirFloors) {
  std::vector<std::int64_t> stamps;
  for (std::int64_t i = 1; i <= 65; ++i) stamps.push_back(i * 10'000'000);  // 64 gaps of 10 ms
  const Summary summary = summary_of({trial_of("single_stream", {stream_of(stamps)}, 0.65)});
  EXPECT_NEAR(summary.metrics.at("itl_p50_s").value, 0.01, 1e-12);
  EXPECT_NEAR(summary.metrics.at("itl_p90_s").value, 0.01, 1e-12);
  EXPECT_EQ(summary.absent.at("itl_p99_s"), "needs 662 gaps, there are 64");
}

TEST(Summary, ABatchIsSummarizedOverItsStreamsFirst) {
  const auto batch =
      trial_of("offline",
               {stream_of({100'000'000, 1'000'000'000}), stream_of({300'000'000, 1'100'000'000}),
                stream_of({800'000'000, 2'000'000'000})},
               2.0);
  const Summary summary = summary_of({batch});
  EXPECT_DOUBLE_EQ(summary.metrics.at("batch_ttft_s").value, 0.3);
  EXPECT_DOUBLE_EQ(summary.metrics.at("batch_e2e_latency_s").value, 1.1);
  EXPECT_DOUBLE_EQ(summary.metrics.at("batch_tpot_s").value, 0.9);
  EXPECT_DOUBLE_EQ(summary.metrics.at("batch_output_tokens_per_s").value, 3.0);
  EXPECT_EQ(summary.metrics.at("batch_ttft_s").n, 1);
  EXPECT_FALSE(summary.metrics.contains("ttft_s"));
}

TEST(Summary, TokenTestsAndLoads) {
  record::Trial prompt = trial_of("pp", {}, 2.0);
  prompt.tokens = 512;
  Observed observed;
  observed.trials = {prompt, trial_of("load_warm", {}, 0.8)};
  observed.absent["load_cold_s"] = "pages stay";
  const Summary summary = summarize(observed);
  EXPECT_DOUBLE_EQ(summary.metrics.at("pp_tokens_per_s").value, 256.0);
  EXPECT_DOUBLE_EQ(summary.metrics.at("load_warm_s").value, 0.8);
  EXPECT_EQ(summary.absent.at("load_cold_s"), "pages stay");
  EXPECT_EQ(summary.absent.at("tg_tokens_per_s"), "the scenario tg is not asked for");
}

TEST(Summary, TokensFromACacheMakeItInvalid) {
  record::Trial trial = plain_trial();
  trial.streams[0].cached_tokens = 90;
  EXPECT_THAT(summary_of({trial}).reasons, ::testing::ElementsAre(HasSubstr("cache active: 90")));
  EXPECT_THAT(summary_of({plain_trial()}).reasons, IsEmpty());
}

TEST(Summary, DifferentOutputsOfOnePromptAreFlagged) {
  record::Trial other = plain_trial();
  other.streams[0].output_sha256 = "other";
  const Summary summary = summary_of({plain_trial(), plain_trial(), other});
  EXPECT_THAT(summary.warnings, ::testing::ElementsAre(HasSubstr("nondeterministic: 3 requests")));
}

TEST(Summary, MemoryTakesTheHigherOfBothPeaksAndNeverAZeroForMissing) {
  record::Trial trial = plain_trial();
  trial.counters["rss_anon_bytes"] = 500;
  trial.counters["rss_shmem_bytes"] = 30;
  trial.counters["pss_bytes"] = 700;
  Observed observed;
  observed.trials = {trial};
  observed.private_peak_bytes = 510;
  observed.engine_memory = engine::MemoryUse{.weights_bytes = 1000, .kv_bytes = 100, .compute_bytes = 50};
  const Summary summary = summarize(observed);
  EXPECT_DOUBLE_EQ(summary.metrics.at("private_peak_bytes").value, 530.0);
  EXPECT_DOUBLE_EQ(summary.metrics.at("pss_peak_bytes").value, 700.0);
  EXPECT_DOUBLE_EQ(summary.metrics.at("engine_weights_bytes").value, 1000.0);
  EXPECT_EQ(summary.absent.at("device_memory_bytes"), "no accelerator is used");
  EXPECT_THAT(summary.warnings, IsEmpty());
}

TEST(Summary, BuffersLargerThanThePrivatePeakAreReportedWithBothNumbers) {
  Observed observed;
  observed.private_peak_bytes = 1 << 20;
  observed.engine_memory = engine::MemoryUse{.kv_bytes = 4 << 20, .compute_bytes = 4 << 20};
  const Summary summary = summarize(observed);
  EXPECT_THAT(summary.warnings,
              ::testing::ElementsAre(::testing::AllOf(HasSubstr("8.00 MiB"), HasSubstr("1.00 MiB"))));
}

TEST(Summary, MajorFaultsAfterTheWarmUpAreReported) {
  record::Trial warmup = plain_trial();
  warmup.warmup = true;
  warmup.counters["major_faults"] = 100;
  record::Trial first = plain_trial();
  first.counters["major_faults"] = 2;
  record::Trial second = plain_trial();
  second.counters["major_faults"] = 3;
  const Summary summary = summary_of({warmup, first, second});
  EXPECT_THAT(summary.warnings, ::testing::ElementsAre(HasSubstr("5 page faults")));
}

}  // namespace
}  // namespace bantam::measure
