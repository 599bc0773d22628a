// By hand: answers of a server, with times in milliseconds.

#include "measure/served_answers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "measure/figures.hpp"
#include "measure/summary.hpp"
#include "record/scenario.hpp"

namespace bantam::measure {
namespace {

using ::testing::Contains;
using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Not;
using ::testing::Optional;
using ::testing::Pair;

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kBegin = 5'000 * kMs;

struct Part {
  std::int64_t at_ms = 0;
  std::int64_t tokens = 1;
};

// Begun at kBegin; its parts came so long after that.
served::Answer answer_of(const std::vector<Part>& parts) {
  served::Answer answer;
  answer.begin_ns = kBegin;
  answer.text = "some words";
  answer.finish = "length";
  std::int64_t tokens = 0;
  for (const Part& part : parts) {
    answer.arrivals.push_back({kBegin + part.at_ms * kMs, true, false, part.tokens});
    tokens += part.tokens;
  }
  answer.first_output_ns = answer.arrivals.front().at_ns;
  answer.last_output_ns = answer.arrivals.back().at_ns;
  answer.output_tokens = {tokens, served::CountSource::usage, {}};
  answer.prompt_tokens = {7, served::CountSource::usage, {}};
  answer.cached_tokens = {0, served::CountSource::usage, {}};
  return answer;
}

// The same where the server tells the number of all tokens alone.
served::Answer without_parts(served::Answer answer) {
  for (served::Arrival& one : answer.arrivals) one.tokens.reset();
  answer.no_parts_reason = "not told";
  return answer;
}

served::Answer without_count(served::Answer answer) {
  answer = without_parts(std::move(answer));
  answer.output_tokens = {std::nullopt, served::CountSource::usage, "no count"};
  return answer;
}

TEST(ServedAnswer, EachTokenHasTheStampOfItsArrival) {
  const record::Stream stream = stream_from(answer_of({{100, 1}, {150, 2}, {200, 1}}), kBegin, true);
  EXPECT_THAT(stream.token_ns, ElementsAre(100 * kMs, 150 * kMs, 150 * kMs, 200 * kMs));
  EXPECT_TRUE(stream.told->is_stamped);
  EXPECT_THAT(ttft_s(stream), Optional(DoubleEq(0.1)));
  EXPECT_THAT(e2e_latency_s(stream), Optional(DoubleEq(0.2)));
  EXPECT_THAT(tpot_s(stream), Optional(DoubleEq(0.1 / 3.0)));
  std::vector<double> gaps;
  append_gaps_s(stream, gaps);
  EXPECT_THAT(gaps, ElementsAre(DoubleEq(0.05), DoubleEq(0.0), DoubleEq(0.05)));
  EXPECT_FALSE(stream.output_sha256.empty());
}

TEST(ServedAnswer, WithoutStampsOfTokensTheMeanIsByTheCount) {
  // Two events, nine tokens: (0.5 - 0.1) / 8.
  const record::Stream stream =
      stream_from(without_parts(answer_of({{100, 1}, {300, 4}, {500, 4}})), kBegin, true);
  EXPECT_THAT(stream.token_ns, ElementsAre(100 * kMs, 500 * kMs));
  EXPECT_FALSE(stream.told->is_stamped);
  EXPECT_THAT(tpot_s(stream), Optional(DoubleEq(0.05)));
  EXPECT_THAT(output_tokens(stream), Optional(9.0));
  std::vector<double> gaps;
  append_gaps_s(stream, gaps);
  EXPECT_THAT(gaps, IsEmpty());
}

TEST(ServedAnswer, WithoutACountThereAreTimesAndNoRate) {
  const record::Stream stream = stream_from(without_count(answer_of({{100}, {300}})), kBegin, true);
  EXPECT_THAT(ttft_s(stream), Optional(DoubleEq(0.1)));
  EXPECT_THAT(e2e_latency_s(stream), Optional(DoubleEq(0.3)));
  EXPECT_EQ(tpot_s(stream), std::nullopt);
  EXPECT_EQ(output_tokens(stream), std::nullopt);
  record::Trial trial;
  trial.wall_s = 1.0;
  trial.streams = {stream, stream_from(answer_of({{100}, {300}}), kBegin, true)};
  EXPECT_THAT(output_rates({&trial}), IsEmpty());
  trial.streams.erase(trial.streams.begin());
  EXPECT_THAT(output_rates({&trial}), ElementsAre(2.0));
}

TEST(ServedAnswer, WhatCameAtOneInstantHasNoTimePerToken) {
  const record::Stream stream = stream_from(without_parts(answer_of({{100, 5}})), kBegin, true);
  EXPECT_THAT(stream.token_ns, ElementsAre(100 * kMs));
  EXPECT_EQ(tpot_s(stream), std::nullopt);
  EXPECT_EQ(decode_tokens_per_s(stream), std::nullopt);
  const record::Stream stamped = stream_from(answer_of({{100, 5}}), kBegin, true);
  EXPECT_EQ(tpot_s(stamped), std::nullopt);
}

TEST(ServedAnswer, WhatIsNotToldIsNoZero) {
  served::Answer answer = answer_of({{100}, {200}});
  answer.cached_tokens = {std::nullopt, served::CountSource::usage, "not told"};
  answer.prompt_tokens = {std::nullopt, served::CountSource::usage, "not told"};
  const record::Stream stream = stream_from(answer, kBegin, true);
  EXPECT_EQ(cached_tokens(stream), std::nullopt);
  EXPECT_EQ(prompt_tokens(stream), std::nullopt);
  EXPECT_THAT(absent_of(answer, record::kSingleStream), Contains(Pair("cached_tokens", "not told")));
}

TEST(ServedAnswer, AFailedOneHasNoFigures) {
  served::Answer answer = answer_of({{100}, {200}});
  answer.error = base::Error{base::ErrorKind::environment, "it broke off", ""};
  const record::Stream stream = stream_from(answer, kBegin, true);
  EXPECT_EQ(stream.told->error, "it broke off");
  EXPECT_THAT(stream.token_ns, IsEmpty());
  EXPECT_EQ(ttft_s(stream), std::nullopt);
}

TEST(ServedAnswer, OutputsOfDifferentPromptsAreNotCompared) {
  EXPECT_EQ(stream_from(answer_of({{100}}), kBegin, false).output_sha256, "");
}

TEST(ServedAnswer, TellsWhichMetricsItCannotGive) {
  EXPECT_THAT(absent_of(answer_of({{100}, {200}}), record::kSingleStream), IsEmpty());
  const auto no_gaps = absent_of(without_parts(answer_of({{100}, {200}})), record::kSingleStream);
  EXPECT_THAT(no_gaps, Contains(Pair("itl_p50_s", "not told")));
  EXPECT_THAT(no_gaps, Not(Contains(Key("tpot_s"))));
  const auto no_count = absent_of(without_count(answer_of({{100}, {200}})), record::kOffline);
  EXPECT_THAT(no_count, Contains(Pair("batch_tpot_s", "no count")));
  EXPECT_THAT(no_count, Contains(Pair("batch_output_tokens_per_s", "no count")));
  EXPECT_THAT(no_count, Not(Contains(Key("tpot_s"))));
}

TEST(ServedTrial, LatenciesUnderLoadCountFromTheSchedule) {
  served::LoadResult result;
  result.begin_ns = kBegin;
  result.end_ns = kBegin + 2'000 * kMs;
  // Sent 40 ms late each, as no stream was free.
  for (const std::int64_t at_ms : {0, 300}) {
    served::Answer answer = answer_of({{100}, {200}});
    const std::int64_t shift = (at_ms + 40) * kMs;
    answer.begin_ns += shift;
    for (served::Arrival& one : answer.arrivals) one.at_ns += shift;
    *answer.first_output_ns += shift;
    *answer.last_output_ns += shift;
    result.answers.push_back({kBegin + at_ms * kMs, std::move(answer)});
  }
  const record::Trial trial = trial_from(result, true);
  ASSERT_EQ(trial.streams.size(), 2U);
  EXPECT_THAT(ttft_s(trial.streams[0]), Optional(DoubleEq(0.14)));
  EXPECT_EQ(trial.streams[1].arrival_ns, 300 * kMs);
  EXPECT_DOUBLE_EQ(trial.wall_s, 0.54);
}

// A cell of one trial; its counters say nothing of the machine.
Summary summary_of(const served::Answer& answer) {
  Observed observed;
  record::Trial& trial = observed.trials.emplace_back();
  trial.scenario = record::kSingleStream;
  trial.wall_s = 0.2;
  trial.streams = {stream_from(answer, answer.begin_ns, true)};
  trial.counters = base::Json{{"rss_anon_bytes", 1000}, {"rss_shmem_bytes", 0}, {"pss_bytes", 1000}};
  observed.private_peak_bytes = 1000;
  observed.load.served = true;
  observed.absent = absent_of(answer, record::kSingleStream);
  return summarize(observed);
}

TEST(ServedSummary, HasNoMemoryOfTheProgramThatAsks) {
  const Summary summary = summary_of(answer_of({{100}, {200}}));
  for (const char* metric : {"private_peak_bytes", "pss_peak_bytes", "min_memory_bytes"}) {
    EXPECT_THAT(summary.metrics, Not(Contains(Key(metric))));
    EXPECT_EQ(summary.absent.at(metric), "the model runs behind a server");
  }
  EXPECT_DOUBLE_EQ(summary.metrics.at("ttft_s").value, 0.1);
}

TEST(ServedSummary, GivesTheServersReasonForWhatIsAbsent) {
  const Summary summary = summary_of(without_count(answer_of({{100}, {200}})));
  EXPECT_EQ(summary.absent.at("tpot_s"), "no count");
  EXPECT_EQ(summary.absent.at("output_tokens_per_s"), "no count");
  EXPECT_THAT(summary.reasons, IsEmpty());
}

TEST(ServedSummary, IsInvalidWithAPromptFromTheCache) {
  served::Answer answer = answer_of({{100}, {200}});
  answer.cached_tokens.value = 5;
  EXPECT_THAT(summary_of(answer).reasons, ElementsAre(HasSubstr("5 prompt tokens")));
}

TEST(ServedRecord, ATrialComesBackFromJson) {
  served::Answer failed = answer_of({{100}});
  failed.error = base::Error{base::ErrorKind::environment, "it broke off", ""};
  record::Trial trial;
  trial.scenario = record::kSingleStream;
  trial.streams = {stream_from(answer_of({{100}, {200}}), kBegin, true),
                   stream_from(without_count(answer_of({{100}, {200}})), kBegin, true),
                   stream_from(failed, kBegin, true)};
  const base::Json json = record::to_json(trial);
  const auto back = record::trial_from(json);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(record::to_json(*back), json);
  EXPECT_EQ(back->streams[0].told->output_tokens, 2);
  EXPECT_TRUE(back->streams[0].told->is_stamped);
  EXPECT_EQ(back->streams[1].told->output_tokens, std::nullopt);
  EXPECT_EQ(back->streams[2].told->error, "it broke off");
}

}  // namespace
}  // namespace bantam::measure
