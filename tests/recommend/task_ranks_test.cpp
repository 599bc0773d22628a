#include "recommend/task_ranks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "recommend/efficiency.hpp"
#include "record/sections.hpp"
#include "support/sample_records.hpp"

namespace bantam::recommend {
namespace {

using testing::ElementsAre;

// Scores of `task` known to ±0.02.
record::Record score(const std::string& model, const std::string& task, double value) {
  record::Record record = support::accuracy(model, "fp16", task, value, value - 0.02, value + 0.02, 1000);
  record::TaskFacts facts;
  facts.name = task;
  facts.output_type = "multiple_choice";
  facts.metrics = {"acc"};
  facts.items = 1000;
  facts.chance = 0.25;
  record::set_tasks(record, {facts});
  return record;
}

struct Judged {
  analyze::Analysis analysis;
  Recommendation recommendation;
};
Judged judge(const std::vector<record::Record>& records) {
  Judged judged{analyze::analyze(records).value(), {}};
  judged.recommendation = recommend(judged.analysis, {}, {}).value();
  return judged;
}

// On `maths` a > b > c; on `reading` b > a > c, the first two within each other's intervals; on `facts` c is
// the best.
std::vector<record::Record> three_models() {
  return {score("a", "maths", 0.80), score("a", "reading", 0.60), score("a", "facts", 0.50),
          score("b", "maths", 0.70), score("b", "reading", 0.61), score("b", "facts", 0.40),
          score("c", "maths", 0.60), score("c", "reading", 0.45), score("c", "facts", 0.90)};
}

TEST(rank_by_task, ranks_and_their_means) {
  const Judged judged = judge(three_models());
  const auto ranks = rank_by_task(judged.analysis, judged.recommendation);
  ASSERT_TRUE(ranks);
  ASSERT_EQ(ranks->configurations.size(), 3U);
  // Tasks in alphabetical order: facts, maths, reading.
  EXPECT_THAT(ranks->configurations[0].ranks, ElementsAre(2.0, 1.0, 2.0));
  EXPECT_THAT(ranks->configurations[1].ranks, ElementsAre(3.0, 2.0, 1.0));
  EXPECT_THAT(ranks->configurations[2].ranks, ElementsAre(1.0, 3.0, 3.0));
  EXPECT_DOUBLE_EQ(ranks->configurations[2].mean_rank, 7.0 / 3.0);
  // Sums of ranks 5, 6, 7 around 6: S = 2, W = 12 * 2 / (9 * 24).
  EXPECT_DOUBLE_EQ(*ranks->concordance, 1.0 / 9.0);
}

TEST(rank_by_task, an_order_within_the_intervals_is_not_surely_another) {
  const Judged judged = judge(three_models());
  const auto ranks = rank_by_task(judged.analysis, judged.recommendation);
  ASSERT_TRUE(ranks);
  ASSERT_EQ(ranks->pairs.size(), 3U);
  const TasksAgreement& facts_and_maths = ranks->pairs[0];
  EXPECT_EQ(facts_and_maths.orders.opposite, 2);  // c against a, and against b
  EXPECT_EQ(facts_and_maths.surely_opposite, 2);
  const TasksAgreement& maths_and_reading = ranks->pairs[2];
  EXPECT_EQ(maths_and_reading.orders.opposite, 1);  // a against b
  EXPECT_EQ(maths_and_reading.surely_opposite, 0);
}

TEST(rank_by_task, is_absent_where_there_is_nothing_to_agree_on) {
  const Judged one_task =
      judge({score("a", "maths", 0.8), score("b", "maths", 0.7), score("c", "maths", 0.6)});
  EXPECT_FALSE(rank_by_task(one_task.analysis, one_task.recommendation));
  auto records = three_models();
  records.resize(6);
  const Judged two_models = judge(records);
  EXPECT_FALSE(rank_by_task(two_models.analysis, two_models.recommendation));
}

TEST(find_efficiencies, divide_the_plain_mean_score) {
  auto records = three_models();
  record::Record speed = support::performance("a", "fp16", 16, 120.0, 0.04);
  speed.metrics["e2e_latency_s"] = support::exact(0.5);
  speed.metrics["pss_peak_bytes"] = support::exact(2.0 * 1024 * 1024 * 1024);
  records.push_back(speed);
  record::Record energy = support::cell("a", "fp16", "energy");
  energy.metrics["energy_per_request_j"] = support::exact(4.0);
  records.push_back(energy);
  const Judged judged = judge(records);
  const Efficiencies all = find_efficiencies(judged.analysis, judged.recommendation);
  ASSERT_EQ(all.rows.size(), 3U);
  EXPECT_EQ(all.latency, "e2e_latency_s");
  const double mean = (0.8 + 0.6 + 0.5) / 3.0;
  ASSERT_TRUE(all.rows[0].per_joule && all.rows[0].per_gib && all.rows[0].speed_per_gib);
  EXPECT_NEAR(*all.rows[0].mean_score, mean, 1e-12);
  EXPECT_NEAR(*all.rows[0].per_latency_s, mean / 0.5, 1e-12);
  EXPECT_NEAR(*all.rows[0].per_gib, mean / 2.0, 1e-12);
  EXPECT_NEAR(*all.rows[0].per_joule, mean / 4.0, 1e-12);
  EXPECT_NEAR(*all.rows[0].speed_per_gib, 60.0, 1e-12);
  EXPECT_TRUE(all.rows[1].mean_score);
  EXPECT_FALSE(all.rows[1].per_latency_s);
  EXPECT_FALSE(all.rows[1].per_gib);
}

TEST(find_efficiencies, divide_by_the_price_of_the_device_where_there_is_one) {
  auto records = three_models();
  records.push_back(support::performance("a", "fp16", 16, 120.0, 0.04));
  const Judged judged = judge(records);
  const Efficiencies all = find_efficiencies(judged.analysis, judged.recommendation, 80.0);
  EXPECT_EQ(all.device_price, 80.0);
  ASSERT_TRUE(all.rows[0].per_price && all.rows[0].speed_per_price);
  EXPECT_NEAR(*all.rows[0].per_price, (0.8 + 0.6 + 0.5) / 3.0 / 80.0, 1e-12);
  EXPECT_NEAR(*all.rows[0].speed_per_price, 1.5, 1e-12);
  EXPECT_TRUE(all.rows[1].per_price);
  EXPECT_FALSE(all.rows[1].speed_per_price);  // its speed was not measured
  EXPECT_FALSE(find_efficiencies(judged.analysis, judged.recommendation).rows[0].per_price);
}

TEST(find_efficiencies, a_failed_configuration_has_none) {
  auto records = three_models();
  records[1].outcome = record::Outcome::failed;
  records[1].metrics.clear();
  const Judged judged = judge(records);
  EXPECT_FALSE(find_efficiencies(judged.analysis, judged.recommendation).rows[0].mean_score);
}

}  // namespace
}  // namespace bantam::recommend
