// What speculative decoding leaves in a summary: how many proposals were right, and a verdict where tokens
// differ from those of decoding without.
#include "measure/without_draft.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "measure/summary.hpp"
#include "measure/workload.hpp"

namespace bantam::measure {
namespace {

record::Trial request(const char* scenario, const char* output) {
  record::Stream stream;
  stream.prompt_tokens = 5;
  stream.prefill_ns = 1'000'000;
  for (std::int64_t i = 1; i <= 13; ++i) stream.token_ns.push_back(i * 1'000'000);
  stream.output_sha256 = output;
  stream.finish = "length";
  record::Trial trial;
  trial.scenario = scenario;
  trial.wall_s = 0.013;
  trial.streams = {stream};
  return trial;
}

record::Trial without(const char* output) {
  record::Trial trial = request(kWithoutDraft, output);
  trial.warmup = true;
  return trial;
}

// 13 tokens: the first from the prompt, 8 accepted, so that 4 computations gave one of their own each.
record::Trial drafted(const char* output) {
  record::Trial trial = request(kSingleStream, output);
  trial.streams.front().drafted_tokens = 20;
  trial.streams.front().accepted_tokens = 8;
  return trial;
}

Summary summary_of(std::vector<record::Trial> trials) {
  Observed observed;
  observed.trials = std::move(trials);
  return summarize(observed);
}

TEST(Drafts, FiguresAreAsComputedByHand) {
  const Summary summary = summary_of({without("a"), drafted("a")});
  EXPECT_DOUBLE_EQ(summary.metrics.at("draft_acceptance_rate").value, 0.4);
  EXPECT_DOUBLE_EQ(summary.metrics.at("accepted_tokens_per_step").value, 2.0);
  EXPECT_EQ(summary.metrics.at("ttft_s").n, 1) << "the request without a draft is none of those counted";
  EXPECT_THAT(summary.reasons, testing::IsEmpty());
}

TEST(Drafts, AreAbsentWithout) {
  const Summary summary = summary_of({request(kSingleStream, "a")});
  EXPECT_FALSE(summary.metrics.contains("draft_acceptance_rate"));
  EXPECT_TRUE(summary.absent.contains("draft_acceptance_rate"));
  EXPECT_TRUE(summary.absent.contains("accepted_tokens_per_step"));
}

TEST(Drafts, OtherTokensMakeACellInvalid) {
  const Summary summary = summary_of({without("a"), drafted("a"), drafted("b"), drafted("b")});
  EXPECT_THAT(summary.reasons, testing::ElementsAre(testing::AllOf(testing::HasSubstr("other tokens"),
                                                                   testing::HasSubstr("2 of 4 requests"))));
  EXPECT_THAT(summary_of({without("a"), without("b"), drafted("b")}).reasons, testing::SizeIs(1))
      << "rounds must agree, too";
}

TEST(Drafts, RequestsOfABatchAreNotDrafted) {
  EXPECT_THAT(summary_of({without("a"), drafted("a"), request(kOffline, "b")}).reasons, testing::IsEmpty());
}

}  // namespace
}  // namespace bantam::measure
