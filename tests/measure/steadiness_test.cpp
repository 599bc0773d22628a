#include "measure/steadiness.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "measure/summary.hpp"

namespace bantam::measure {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Steadiness : public ::testing::Test {
 protected:
  record::Trial& add(double wall_s, std::int64_t round = 0, bool warmup = false) {
    record::Trial trial;
    trial.scenario = "single_stream";
    trial.wall_s = wall_s;
    trial.warmup = warmup;
    trial.round = round;
    trial.counters = {{"involuntary_switches", 1}, {"minor_faults", 10}, {"major_faults", 0}};
    return trials_.emplace_back(std::move(trial));
  }
  record::Steadiness only() {
    Trials all;
    for (const record::Trial& trial : trials_) all.push_back(&trial);
    const auto found = steadiness(all);
    EXPECT_EQ(found.size(), 1U);
    return found.front();
  }
  std::vector<record::Trial> trials_;
};

// Quartiles of 1.00 ... 1.06 and 1.30 are 1.0175 and 1.0525; fences at 0.965, 1.105 (mild), 1.1575 (severe).
TEST_F(Steadiness, OutliersAreClassifiedWithinTheirBlock) {
  for (const double hundredths : {0, 1, 2, 3, 4, 5, 6}) add(1.0 + hundredths / 100.0);
  add(1.30).counters["involuntary_switches"] = 7;
  // Another block, twice as slow throughout: no outlier among themselves.
  for (const double hundredths : {0, 1, 2, 3, 4, 5, 6}) add(2.0 + hundredths / 100.0, 1);
  // Too few to say.
  add(9.0, 2);
  add(1.0, 2);
  const record::Outliers outliers = only().outliers;
  EXPECT_EQ(outliers.runs, 15);
  EXPECT_EQ(outliers.high_severe, 1);
  EXPECT_EQ(outliers.count(), 1);
  EXPECT_EQ(outliers.high_switched, 1);
  EXPECT_EQ(outliers.high_faulted, 0);
}

TEST_F(Steadiness, MildLowAndHighOnesWithTheirFaults) {
  for (const double hundredths : {0, 1, 2, 3, 4, 5, 6, 7, 8}) add(1.0 + hundredths / 100.0);
  add(1.16).counters["major_faults"] =
      3;  // quartiles 1.015 and 1.065; fences 0.94, 1.14, severe 0.865, 1.215
  add(0.92);
  const record::Outliers outliers = only().outliers;
  EXPECT_EQ(outliers.high_mild, 1);
  EXPECT_EQ(outliers.low_mild, 1);
  EXPECT_EQ(outliers.count(), 2);
  EXPECT_EQ(outliers.high_faulted, 1);
  EXPECT_EQ(outliers.high_switched, 0);
}

TEST_F(Steadiness, WarmUpsAreCountedAndToldWhereTheyWereTooFew) {
  for (const std::int64_t round : {0, 1}) {
    add(2.0, round, true);
    add(round == 0 ? 1.5 : 2.01, round, true);
    add(1.0, round);
  }
  const record::Steadiness one = only();
  EXPECT_EQ(one.warm_ups.blocks, 2);
  EXPECT_EQ(one.warm_ups.runs, 4);
  EXPECT_EQ(one.warm_ups.not_warm, 1);
  EXPECT_THAT(warm_up_warnings({one}),
              testing::ElementsAre(HasSubstr("did not become warm in 1 of 2 rounds")));
  Observed observed;
  observed.trials = trials_;
  EXPECT_THAT(summarize(observed).warnings, testing::Contains(HasSubstr("did not become warm")));
  observed.warm_up_is_forced = true;
  EXPECT_THAT(summarize(observed).warnings, testing::Not(testing::Contains(HasSubstr("warm"))));
}

TEST_F(Steadiness, OneWarmUpRunSaysNothing) {
  add(2.0, 0, true);
  add(1.0);
  EXPECT_EQ(only().warm_ups.not_warm, 0);
}

TEST_F(Steadiness, TheRecordKeepsIt) {
  for (const double hundredths : {0, 1, 2, 3, 4, 5, 30}) add(1.0 + hundredths / 100.0);
  record::Record record;
  record::set_steadiness(record, {only()});
  const auto back = record::steadiness(record);
  ASSERT_EQ(back.size(), 1U);
  EXPECT_EQ(back[0].scenario, "single_stream");
  EXPECT_EQ(back[0].outliers.runs, 7);
  EXPECT_EQ(back[0].outliers.high_severe, 1);
  EXPECT_EQ(back[0].warm_ups.blocks, 1);
  EXPECT_THAT(record::steadiness(record::Record{}), IsEmpty());
}

}  // namespace
}  // namespace bantam::measure
