// A made-up model whose memory is simple arithmetic: 100 MiB of file, 40 MiB of rearranged weights, 10 MiB of
// f16 cache for each request, 8 MiB of compute for every 512 tokens of n_ubatch. The margin is 5 % and 64 MiB
// (docs/predict.md).

#include "predict/fitting.hpp"

#include <gtest/gtest.h>
#include <algorithm>

namespace bantam::predict {
namespace {

constexpr std::int64_t kMiB = std::int64_t{1} << 20;

engine::Estimate estimate_of(const job::EstimateJob& job) {
  engine::Estimate estimate;
  const std::int64_t f16 = 10 * kMiB * job.performance.batch_size;
  estimate.file_bytes = estimate.memory.file = 100 * kMiB;
  estimate.memory.rearranged = job.engine.repack ? 40 * kMiB : 0;
  estimate.memory.kv = job.engine.cache_type_k == "q8_0" ? f16 / 2 : f16;
  estimate.memory.compute = 8 * kMiB * job.engine.n_ubatch / 512;
  estimate.cache = {{"f16", f16}, {"q8_0", f16 / 2}};
  estimate.context = 512;
  estimate.single.prompt_tokens = 200;
  estimate.single.new_tokens = job.performance.max_new_tokens;
  return estimate;
}

job::EstimateJob four_requests() {
  job::EstimateJob job;
  job.performance.batch_size = 4;
  job.performance.max_new_tokens = 16;
  return job;
}

// 1.05 x total + 64 MiB: as asked it needs 1.05 x 188 + 64 = 261.4 MiB.
Ways ways_within(std::int64_t mebibytes, const job::EstimateJob& job = four_requests(),
                 int* tries = nullptr) {
  const auto count = [tries](const job::EstimateJob& changed) -> base::Result<engine::Estimate> {
    if (tries != nullptr) ++*tries;
    return estimate_of(changed);
  };
  const auto ways = find_ways(job, estimate_of(job), mebibytes * kMiB, count);
  EXPECT_TRUE(ways);
  return *ways;
}

std::vector<std::string> options(const Ways& ways) {
  std::vector<std::string> all;
  for (const Way& way : ways.ways) all.push_back(way.options);
  return all;
}

using Texts = std::vector<std::string>;

TEST(Ways, EachOptionThatIsEnoughByItself) {
  // 8 MiB too much: any of them saves them, also n_ubatch 32 (7.5 x 1.05 = 7.9: it does not).
  EXPECT_EQ(options(ways_within(253)),
            (Texts{"--no-repack", "--batch-size 2", "--cache-type-k q8_0 --cache-type-v q8_0"}));
  EXPECT_EQ(options(ways_within(255)), (Texts{"--no-repack", "--batch-size 2", "--n-ubatch 64",
                                              "--cache-type-k q8_0 --cache-type-v q8_0"}));
}

TEST(Ways, TheMildestValueOfAnOption) {
  const Ways ways = ways_within(230);  // 29.9 MiB are missing: of the batches only one request saves as much
  EXPECT_EQ(options(ways), (Texts{"--no-repack", "--batch-size 1"}));
  EXPECT_EQ(ways.ways[0].estimate.memory.total(), 148 * kMiB);
  EXPECT_EQ(ways.ways[0].margin_bytes, 7 * kMiB + 419'430 + 64 * kMiB);  // 5 % of 148 MiB are 7.4
  EXPECT_EQ(ways.ways[1].cost, "one request at a time");
}

TEST(Ways, TheMildestPairWhereNoneIsEnough) {
  int tries = 0;
  const Ways ways = ways_within(200, four_requests(), &tries);  // 58.5 x 1.05 must go: 40 and 20
  EXPECT_EQ(options(ways), (Texts{"--no-repack --batch-size 2"}));
  EXPECT_LE(tries, 8);
}

TEST(Ways, NoneWhereNothingIsEnough) {
  int tries = 0;
  const Ways ways = ways_within(150, four_requests(), &tries);
  EXPECT_TRUE(ways.ways.empty());
  EXPECT_NE(ways.none.value_or("").find("no pair of options"), std::string::npos);
  EXPECT_LE(tries, 32);
  tries = 0;
  EXPECT_NE(ways_within(90, four_requests(), &tries).none.value_or("").find("the weights alone take 100 MiB"),
            std::string::npos);
  EXPECT_EQ(tries, 0);
}

TEST(Ways, WhatTheEngineRefusesIsNone) {
  const auto refuse = [](const job::EstimateJob& job) -> base::Result<engine::Estimate> {
    if (job.engine.cache_type_k != "f16") return base::fail(base::ErrorKind::usage, "no such cache");
    return estimate_of(job);
  };
  const auto job = four_requests();
  const auto ways = find_ways(job, estimate_of(job), 253 * kMiB, refuse);
  ASSERT_TRUE(ways);
  EXPECT_EQ(options(*ways), (Texts{"--no-repack", "--batch-size 2"}));
  const auto broken = [](const job::EstimateJob&) -> base::Result<engine::Estimate> {
    return base::fail(base::ErrorKind::worker, "the worker died");
  };
  EXPECT_FALSE(find_ways(job, estimate_of(job), 253 * kMiB, broken));
}

}  // namespace
}  // namespace bantam::predict
