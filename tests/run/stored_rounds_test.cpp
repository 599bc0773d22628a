#include "run/stored_rounds.hpp"

#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

#include "support/temp_dir.hpp"

namespace bantam::run {
namespace {

class StoredRoundsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* key : {"a", "b"}) {
      record::Record header;
      header.cell_key = key;
      header.task = "performance";
      ASSERT_EQ(store_.begin_attempt(header).value(), 1);
    }
  }

  void add(const std::string& key, std::int64_t round, const std::string& series, double wall_s = 1.0,
           const std::vector<std::string>& scenarios = {"single_stream"}) {
    for (const std::string& scenario : scenarios) add_trial(key, round, scenario, wall_s);
    record::Block block;
    block.round = round;
    block.series = series;
    block.wall_s = 3.0;
    ASSERT_TRUE(store_.append_block(key, 1, block));
  }

  void add_trial(const std::string& key, std::int64_t round, const std::string& scenario, double wall_s) {
    record::Trial trial;
    trial.scenario = scenario;
    trial.wall_s = wall_s;
    trial.streams.push_back({10, 0, 1'000'000, {100'000'000, 200'000'000}, "", "length"});
    trial.counters = base::Json::object();
    trial.round = round;
    ASSERT_TRUE(store_.append_trial(key, 1, trial));
  }

  std::size_t blocks(const std::string& key) { return store_.blocks(key, 1)->size(); }

  support::TempDir folder_;
  store::Store store_ = store::Store::open(folder_.path() / "results.db").value();
  const std::vector<AttemptName> cells_{{"a", 1}, {"b", 1}};
};

TEST_F(StoredRoundsTest, RoundsThatAllHaveWholeGoOn) {
  for (const std::int64_t round : {0, 1}) {
    add("a", round, "boot1 10:00");
    add("b", round, "boot1 10:00");
  }
  add("a", 2, "boot1 10:00");  // b's was not finished
  const auto joined = join_rounds(store_, cells_, "boot1");
  ASSERT_TRUE(joined);
  EXPECT_EQ(joined->kept, 2);
  EXPECT_EQ(joined->series, "boot1 10:00");
  EXPECT_EQ(blocks("a"), 2U);
  EXPECT_EQ(store_.trials("a", 1)->size(), 2U) << "the block's trials go with it";
}

TEST_F(StoredRoundsTest, NothingGoesOnAfterTheMachineWasStartedAnew) {
  add("a", 0, "boot1 10:00");
  add("b", 0, "boot1 10:00");
  const auto joined = join_rounds(store_, cells_, "boot2");
  EXPECT_EQ(joined->kept, 0);
  EXPECT_EQ(joined->series.substr(0, 6), "boot2 ");
  EXPECT_EQ(blocks("a") + blocks("b"), 0U);
}

TEST_F(StoredRoundsTest, NothingGoesOnWhereTheKernelDoesNotTellTheStart) {
  add("a", 0, " 10:00");
  add("b", 0, " 10:00");
  EXPECT_EQ(join_rounds(store_, cells_, "")->kept, 0);
}

TEST_F(StoredRoundsTest, BlocksThatWereNotMeasuredSideBySideAreNotPaired) {
  add("a", 0, "boot1 10:00");
  add("b", 0, "boot1 11:00");
  EXPECT_EQ(join_rounds(store_, cells_, "boot1")->kept, 0);
}

TEST_F(StoredRoundsTest, BlocksSayTheirHeadlineFigures) {
  add("a", 0, "boot1 10:00", 0.2);
  const auto seen = see_blocks(store_, cells_[0], {});
  ASSERT_TRUE(seen);
  ASSERT_EQ(seen->size(), 1U);
  EXPECT_TRUE(seen->front().counts);
  EXPECT_DOUBLE_EQ(seen->front().counted_s, 0.2);
  EXPECT_DOUBLE_EQ(seen->front().wall_s, 3.0);
  EXPECT_DOUBLE_EQ(seen->front().values.at("ttft_s"), 0.1);
  EXPECT_NEAR(seen->front().values.at("decode_tokens_per_s"), 10.0, 1e-9);
  EXPECT_FALSE(seen->front().values.contains("e2e_latency_s")) << "no headline";
}

TEST_F(StoredRoundsTest, BlocksFromARoundOnAreReadWithoutTheEarlierOnes) {
  for (const std::int64_t round : {0, 1, 2})
    add("a", round, "boot1 10:00", 0.1 * static_cast<double>(round + 1));
  const auto all = see_blocks(store_, cells_[0], {});
  const auto late = see_blocks(store_, cells_[0], {}, 1);
  ASSERT_TRUE(all && late);
  ASSERT_EQ(all->size(), 3U);
  ASSERT_EQ(late->size(), 2U);
  for (const std::size_t i : {0U, 1U}) {
    EXPECT_EQ((*late)[i].round, (*all)[i + 1].round);
    EXPECT_DOUBLE_EQ((*late)[i].counted_s, (*all)[i + 1].counted_s);
    EXPECT_EQ((*late)[i].values, (*all)[i + 1].values);
  }
  EXPECT_EQ(store_.trials_from("a", 1, 2)->size(), 1U);
  EXPECT_EQ(store_.trials_from("a", 1, 3)->size(), 0U);
  EXPECT_EQ(store_.trials("a", 1)->front().round, 0) << "in the order of measuring";
}

// A block of 3 s: 0.5 s of warm-up, 0.2 s counted, 1 s of a cold load that later rounds do not have.
TEST_F(StoredRoundsTest, WhatNoRunTookIsLoading) {
  for (const auto& [scenario, warmup, wall_s] :
       {std::tuple{"load_cold", false, 1.0}, {"load_warm", false, 0.4}, {"single_stream", true, 0.5}}) {
    record::Trial trial;
    trial.scenario = scenario;
    trial.warmup = warmup;
    trial.wall_s = wall_s;
    trial.counters = base::Json::object();
    trial.round = 0;
    ASSERT_TRUE(store_.append_trial("a", 1, trial));
  }
  add("a", 0, "boot1 10:00", 0.2);
  EXPECT_NEAR(see_blocks(store_, cells_[0], {})->front().loading_s, 3.0 - 0.5 - 0.2 - 1.0, 1e-9);
}

// With no figure at all every interval would be narrow enough.
TEST_F(StoredRoundsTest, ScenariosWithoutAHeadlineHaveAFigureThatStandsForThem) {
  add("a", 0, "boot1 10:00", 0.2, {"offline", "poisson"});
  const auto seen = see_blocks(store_, cells_[0], {});
  ASSERT_TRUE(seen);
  const auto& values = seen->front().values;
  EXPECT_NEAR(values.at("batch_output_tokens_per_s"), 10.0, 1e-9);
  EXPECT_NEAR(values.at("poisson_e2e_latency_s"), 0.2, 1e-9);
  EXPECT_EQ(values.size(), 2U);
}

// One block keeps how its worker's memory went: the first that counts.
TEST_F(StoredRoundsTest, TheFirstBlockThatCountsIsKnown) {
  const measure::Gates gates;
  add_trial("a", 0, "single_stream", 0.2);
  EXPECT_TRUE(is_first_that_counts(store_, cells_[0], gates, 0).value());
  record::Trial stopped;  // six runs in which the program was stopped: more than the gate lets pass
  stopped.scenario = "single_stream";
  stopped.counters = {{"stops", 1}};
  stopped.round = 0;
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(store_.append_trial("a", 1, stopped));
  EXPECT_FALSE(is_first_that_counts(store_, cells_[0], gates, 0).value());
  record::Block block;
  block.series = "boot1 10:00";
  ASSERT_TRUE(store_.append_block("a", 1, block));
  add_trial("a", 1, "single_stream", 0.2);
  EXPECT_TRUE(is_first_that_counts(store_, cells_[0], gates, 1).value()) << "the first does not count";
  block.round = 1;
  block.memory_line = record::MemoryLine{1, 9, 0, {{0.0, 8192, 4096}}, {}};
  ASSERT_TRUE(store_.append_block("a", 1, block));
  add_trial("a", 2, "single_stream", 0.2);
  EXPECT_FALSE(is_first_that_counts(store_, cells_[0], gates, 2).value()) << "another one has it";
  EXPECT_EQ(store_.blocks("a", 1)->at(1).memory_line, block.memory_line);
}

TEST_F(StoredRoundsTest, RequestsWithoutAPauseTakeNothingFromTheTimeOfTheOthers) {
  add("a", 0, "boot1 10:00", 0.2, {"single_stream", "sustained"});
  const auto seen = see_blocks(store_, cells_[0], {});
  ASSERT_TRUE(seen);
  EXPECT_DOUBLE_EQ(seen->front().counted_s, 0.2);
}

}  // namespace
}  // namespace bantam::run
