#include "audit/judges.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace bantam::audit {
namespace {

using ::testing::HasSubstr;

// --- clock -------------------------------------------------------------------------------------------------

job::ClockFacts good_clock() {
  return {.readings = 1'000'000, .backward_steps = 0, .smallest_step_ns = 20, .reading_ns = 25.0};
}

TEST(judge_clock, passes_a_fine_clock_and_says_what_it_reads_well) {
  const Finding finding = judge_clock(good_clock());
  EXPECT_EQ(finding.standing, Standing::passed);
  EXPECT_THAT(finding.figure, HasSubstr("steps of 20 ns, 25 ns a reading, 0 steps back in 1000000 readings"));
  EXPECT_THAT(finding.meaning, HasSubstr("2.0 µs"));  // 100 steps of 20 ns
}

TEST(judge_clock, fails_a_clock_that_steps_back_once) {
  auto clock = good_clock();
  clock.backward_steps = 1;
  EXPECT_EQ(judge_clock(clock).standing, Standing::failed);
  EXPECT_THAT(judge_clock(clock).meaning, HasSubstr("back"));
}

TEST(judge_clock, fails_one_that_stands_still_is_coarse_or_slow) {
  auto still = good_clock();
  still.smallest_step_ns.reset();
  EXPECT_EQ(judge_clock(still).standing, Standing::failed);
  auto coarse = good_clock();
  coarse.smallest_step_ns = 1'000'000;  // a timer of 1 kHz
  EXPECT_EQ(judge_clock(coarse).standing, Standing::failed);
  auto slow = good_clock();
  slow.reading_ns = 6'000.0;
  EXPECT_EQ(judge_clock(slow).standing, Standing::failed);
}

// --- costs -------------------------------------------------------------------------------------------------

TEST(judge_own_cost, has_ten_microseconds_a_token_as_its_goal) {
  EXPECT_EQ(
      judge_own_cost({.requests = 50, .tokens = 12800, .timed_token_s = 9.9e-6, .with_pauses_token_s = 3e-5})
          .standing,
      Standing::passed);
  EXPECT_EQ(
      judge_own_cost({.requests = 50, .tokens = 12800, .timed_token_s = 10e-6, .with_pauses_token_s = 3e-5})
          .standing,
      Standing::failed);
  EXPECT_EQ(judge_own_cost({}).standing, Standing::cannot_tell);
}

TEST(judge_watching, takes_at_most_half_a_percent_of_a_cpu) {
  EXPECT_EQ(judge_watching({.cpu_s = 0.020, .wall_s = 5.0}).standing, Standing::passed);  // 0.4 %
  EXPECT_EQ(judge_watching({.cpu_s = 0.030, .wall_s = 5.0}).standing, Standing::failed);  // 0.6 %
  EXPECT_THAT(judge_watching({.cpu_s = 0.020, .wall_s = 5.0}).figure, HasSubstr("0.40 %"));
}

TEST(judge_watching, cannot_tell_from_a_moment) {
  EXPECT_EQ(judge_watching({.cpu_s = 0.1, .wall_s = 0.1}).standing, Standing::cannot_tell);
}

TEST(judge_sensors, takes_at_most_half_a_percent_of_a_cpu) {
  SensorFacts facts{.sources = {"intel-rapl:package-0", "BAT0"},
                    .readings = 100,
                    .rate_hz = 10.0,
                    .cpu_s = 0.020,
                    .wall_s = 5.0};
  EXPECT_EQ(judge_sensors(facts).standing, Standing::passed);  // 0.4 %
  EXPECT_THAT(judge_sensors(facts).figure, HasSubstr("0.40 % of one CPU for 2 sensors"));
  facts.cpu_s = 0.030;  // 0.6 %
  EXPECT_EQ(judge_sensors(facts).standing, Standing::failed);
  EXPECT_THAT(judge_sensors(facts).meaning, HasSubstr("--energy-sample-rate"));
  facts.wall_s = 0.1;
  EXPECT_EQ(judge_sensors(facts).standing, Standing::cannot_tell);
}

TEST(judge_sensors, passes_where_nothing_is_read) {
  EXPECT_EQ(judge_sensors({}).standing, Standing::passed);
  EXPECT_THAT(judge_sensors({}).figure, HasSubstr("no sensor"));
}

// --- outputs -----------------------------------------------------------------------------------------------

TEST(judge_outputs, passes_equal_tokens) {
  EXPECT_EQ(judge_outputs({{{1, 2, 3}, {1, 2, 3}, false, {}}}).standing, Standing::passed);
}

TEST(judge_outputs, lets_an_answer_end_where_measuring_ignores_the_end) {
  EXPECT_EQ(judge_outputs({{{1, 2, 3, 4}, {1, 2}, true, {}}}).standing, Standing::passed);
  // Without an end an answer that is shorter is another one.
  EXPECT_EQ(judge_outputs({{{1, 2, 3, 4}, {1, 2}, false, {}}}).standing, Standing::failed);
  // Nor may a measured output be shorter.
  EXPECT_EQ(judge_outputs({{{1, 2}, {1, 2, 3}, true, {}}}).standing, Standing::failed);
}

TEST(judge_outputs, shows_the_first_token_that_differs_and_its_gap) {
  const Finding finding =
      judge_outputs({{{1, 2, 3}, {1, 2, 3}, false, {}}, {{1, 2, 3}, {1, 7, 3}, false, 1.5}});
  EXPECT_EQ(finding.standing, Standing::failed);
  EXPECT_THAT(finding.figure,
              HasSubstr("prompt 2 differs from token 2 on, where the two best logits are 1.5 apart"));
}

TEST(judge_outputs, forgives_only_near_ties_that_are_known) {
  const Finding tie = judge_outputs({{{1, 2, 3}, {1, 7, 3}, false, 0.004}});
  EXPECT_EQ(tie.standing, Standing::passed);
  EXPECT_THAT(tie.figure, HasSubstr("0 of 1 prompts gave the same tokens"));  // and is not silent
  EXPECT_THAT(tie.meaning, HasSubstr("near ties"));
  EXPECT_EQ(judge_outputs({{{1, 2, 3}, {1, 7, 3}, false, {}}}).standing, Standing::failed);
}

TEST(judge_outputs, cannot_tell_without_prompts) {
  EXPECT_EQ(judge_outputs({}).standing, Standing::cannot_tell);
}

// --- repeats -----------------------------------------------------------------------------------------------

// Pairs whose ratios scatter by up to ±`scatter` around `gain`, no two alike.
job::RepeatFacts repeats(double gain, double scatter, int pairs = 40) {
  job::RepeatFacts facts;
  facts.prompt_tokens = 128;
  for (int i = 0; i < pairs; ++i) {
    const double factor = gain * std::exp(scatter * std::sin(static_cast<double>(i)));
    facts.pairs.push_back({0.010, 0.010 * factor, 0.020, 0.020 * factor});
  }
  return facts;
}

TEST(judge_repeats, passes_when_a_repeated_request_takes_as_long) {
  const Finding finding = judge_repeats(repeats(1.0, 0.01));
  EXPECT_EQ(finding.standing, Standing::passed);
  EXPECT_THAT(finding.figure, HasSubstr("1.000x"));
}

TEST(judge_repeats, fails_an_engine_that_answers_a_repeated_prompt_faster) {
  EXPECT_EQ(judge_repeats(repeats(1.10, 0.01)).standing, Standing::failed);
}

TEST(judge_repeats, fails_when_only_the_first_token_comes_earlier) {
  auto facts = repeats(1.0, 0.01);
  for (auto& pair : facts.pairs) pair.same_ttft_s *= 0.5;
  EXPECT_EQ(judge_repeats(facts).standing, Standing::failed);
}

TEST(judge_repeats, fails_when_tokens_came_from_a_cache_whatever_the_times) {
  auto facts = repeats(1.0, 0.01);
  facts.cached_tokens = 1;
  EXPECT_EQ(judge_repeats(facts).standing, Standing::failed);
}

TEST(judge_repeats, cannot_tell_where_times_scatter_too_much_or_pairs_are_few) {
  EXPECT_EQ(judge_repeats(repeats(1.0, 0.5)).standing, Standing::cannot_tell);
  EXPECT_EQ(judge_repeats(repeats(1.0, 0.01, 3)).standing, Standing::cannot_tell);
  EXPECT_EQ(judge_repeats({}).standing, Standing::cannot_tell);
}

// --- tokens ------------------------------------------------------------------------------------------------

job::RequestFacts good_request() {
  job::RequestFacts request;
  request.asked_tokens = 3;
  request.prompt_tokens = request.counted_prompt_tokens = 9;
  request.vocabulary = 100;
  request.tokens = {5, 99, 0};
  request.prefill_ns = 900;
  request.token_ns = {1'000, 1'500, 2'000};
  request.returned_ns = 2'100;
  request.text = "a b c";
  request.text_again = " a b c";  // some tokenizers put a space first
  return request;
}

const MemoryBound kNoBound{.token_bytes = {}, .read_bytes_per_s = {}, .why_not = "no bound"};

TEST(judge_tokens, passes_an_honest_request) {
  const Finding finding = judge_tokens({good_request(), good_request()}, kNoBound);
  EXPECT_EQ(finding.standing, Standing::passed) << finding.figure;
  EXPECT_THAT(finding.figure, HasSubstr("2 requests gave the 6 tokens"));
}

TEST(judge_tokens, fails_and_names_each_thing_that_is_not_real) {
  const auto broken = [](auto change, const char* words) {
    job::RequestFacts request = good_request();
    change(request);
    const Finding finding = judge_tokens({good_request(), request}, kNoBound);
    EXPECT_EQ(finding.standing, Standing::failed) << words;
    EXPECT_THAT(finding.figure, HasSubstr("request 2: "));
    EXPECT_THAT(finding.figure, HasSubstr(words));
  };
  broken([](auto& r) { r.asked_tokens = 4; }, "4 tokens were asked for, 3 were given");
  broken([](auto& r) { r.token_ns.pop_back(); }, "3 tokens have 2 stamps");
  broken([](auto& r) { r.tokens[1] = 100; }, "token 100 is not in the vocabulary of 100");
  broken([](auto& r) { r.tokens[1] = -1; }, "token -1");
  broken([](auto& r) { std::swap(r.token_ns[1], r.token_ns[2]); }, "the stamp of token 3 is not after");
  broken([](auto& r) { r.token_ns[1] = r.token_ns[0]; }, "the stamp of token 2 is not after");
  broken([](auto& r) { r.token_ns[0] = 0; },
         "the first token's stamp is not after the request was handed over");
  broken([](auto& r) { r.returned_ns = 1'999; }, "later than the end of the call");
  broken([](auto& r) { r.prefill_ns = 1'001; }, "the prompt's stamp");
  broken([](auto& r) { r.prefill_ns = 0; }, "the prompt's stamp");
  broken([](auto& r) { r.counted_prompt_tokens = 10; }, "the prompt counts 9 tokens, its text has 10");
  broken([](auto& r) { r.cached_tokens = 9; }, "9 prompt tokens came from a cache");
  broken([](auto& r) { r.text_again = "a b d"; }, "reads otherwise");
}

TEST(judge_tokens, says_so_where_a_text_cannot_be_tokenized_again) {
  auto request = good_request();
  request.text_again.reset();
  const Finding finding = judge_tokens({request}, kNoBound);
  EXPECT_EQ(finding.standing, Standing::passed);
  EXPECT_THAT(finding.figure, HasSubstr("the text of 1 cannot be tokenized again"));
}

TEST(judge_tokens, fails_what_is_faster_than_memory) {
  // 500 ns a token; 10 kB of weights at 10 GB/s take 1000 ns.
  const MemoryBound slow{.token_bytes = 10'000.0, .read_bytes_per_s = 10e9, .why_not = {}};
  EXPECT_EQ(judge_tokens({good_request()}, slow).standing, Standing::failed);
  const MemoryBound fast{.token_bytes = 10'000.0, .read_bytes_per_s = 20e9, .why_not = {}};  // 500 ns
  EXPECT_EQ(judge_tokens({good_request()}, fast).standing, Standing::passed);
}

TEST(judge_tokens, cannot_tell_without_requests) {
  EXPECT_EQ(judge_tokens({}, kNoBound).standing, Standing::cannot_tell);
}

// --- equal models ------------------------------------------------------------------------------------------

EqualFigure figure(const char* metric, double ratio, double half) {
  return {metric, ratio, stats::Interval{ratio / std::exp(half), ratio * std::exp(half)},
          std::abs(std::log(ratio)) > half, 0.012};
}

EqualModels seen(double ratio, double half) {
  return {{figure("ttft_s", 1.0, half), figure("decode_tokens_per_s", ratio, half)}, 10, {}};
}

TEST(judge_equal_models, passes_when_nothing_is_called_different_and_says_what_cannot_be_seen) {
  const Finding finding = judge_equal_models(seen(1.004, 0.008), {});
  EXPECT_EQ(finding.standing, Standing::passed);
  EXPECT_THAT(finding.figure, HasSubstr("Decode 1.004x [0.996, 1.012]"));
  EXPECT_THAT(finding.figure, HasSubstr("varies by 1.2 % from block to block"));
  EXPECT_THAT(finding.meaning, HasSubstr("differences below 0.8 % cannot be seen in 10 rounds"));
  EXPECT_NEAR(equal_half_width(seen(1.004, 0.008)).value(), 0.008, 1e-12);
}

TEST(judge_equal_models, fails_when_equal_models_are_called_different_twice) {
  EXPECT_TRUE(calls_any_different(seen(1.03, 0.01)));
  const Finding finding = judge_equal_models(seen(1.03, 0.01), seen(1.02, 0.01));
  EXPECT_EQ(finding.standing, Standing::failed);
  EXPECT_THAT(finding.meaning, HasSubstr("Decode"));
}

TEST(judge_equal_models, cannot_tell_when_a_call_is_not_repeated) {
  EXPECT_EQ(judge_equal_models(seen(1.03, 0.01), seen(1.00, 0.01)).standing, Standing::cannot_tell);
  EXPECT_EQ(judge_equal_models(seen(1.03, 0.01), std::nullopt).standing, Standing::cannot_tell);
  // Another figure is no repetition.
  const EqualModels other{{figure("ttft_s", 1.05, 0.01), figure("decode_tokens_per_s", 1.0, 0.01)}, 10, {}};
  EXPECT_EQ(judge_equal_models(seen(1.03, 0.01), other).standing, Standing::cannot_tell);
}

TEST(judge_equal_models, cannot_tell_without_enough_rounds_and_says_what_disturbs) {
  EqualModels few{{{"ttft_s", 1.0, {}, false, {}}}, 2, {"other programs used 31.0 % of the CPU time"}};
  const Finding finding = judge_equal_models(few, {});
  EXPECT_EQ(finding.standing, Standing::cannot_tell);
  EXPECT_THAT(finding.figure, HasSubstr("2 rounds count of one model under two names, 4 are needed"));
  EXPECT_THAT(finding.meaning, HasSubstr("other programs used 31.0 %"));
  EXPECT_EQ(judge_equal_models({}, {}).standing, Standing::cannot_tell);
  EXPECT_FALSE(equal_half_width({}));
}

// --- the verdict -------------------------------------------------------------------------------------------

TEST(verdict, is_the_worst_that_was_found) {
  const auto of = [](std::vector<Standing> standings) {
    std::vector<Finding> findings;
    for (const Standing one : standings)
      findings.push_back({.check = checks::kClock, .standing = one, .figure = {}, .meaning = {}});
    return verdict(findings);
  };
  EXPECT_EQ(of({Standing::passed, Standing::passed}), Standing::passed);
  EXPECT_EQ(of({Standing::passed, Standing::cannot_tell}), Standing::cannot_tell);
  EXPECT_EQ(of({Standing::cannot_tell, Standing::failed}), Standing::failed);
  EXPECT_EQ(of({}), Standing::cannot_tell);
}

}  // namespace
}  // namespace bantam::audit
