// Answers that rest on predictions. Expected values are computed by hand.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "recommend/predicted_stage.hpp"

namespace bantam::recommend {
namespace {

using record::Evidence;
using testing::Contains;
using testing::HasSubstr;

Wishes within(double bytes) {
  Wishes wishes;
  wishes.memory_bytes = bytes;
  return wishes;
}

Wishes limited(const char* text, Bound bound) {
  Wishes wishes;
  wishes.limits = {*parse_limit(text, bound)};
  return wishes;
}

// 1000 MiB, 5 % more or less: 950 MiB + 64 MiB for the program beside it, 1050 MiB + 64 MiB.
TEST(predicted, a_budget_within_the_error_cannot_be_told) {
  const std::vector<record::Record> records{prediction("m", "int4", 4, 10, 1000 * kMib)};
  EXPECT_EQ(Asked(records, within(1115 * kMib)).choice(), "m int4");
  const Asked unsure(records, within(1100 * kMib));
  EXPECT_EQ(unsure.choice(), "none");
  EXPECT_EQ(unsure.place("m int4").rule, Rule::unsure);
  EXPECT_THAT(unsure.place("m int4").reason,
              HasSubstr("by prediction it needs between 1014 MiB and 1.09 GiB"));
  EXPECT_EQ(Asked(records, within(1013 * kMib)).place("m int4").rule, Rule::limit);
}

// Decode 10 tok/s, between 10 / 1.2 = 8.33 and 10 / 0.8 = 12.5.
TEST(predicted, a_limit_within_the_error_cannot_be_told) {
  const std::vector<record::Record> records{prediction("m", "int4", 4, 10, 1000 * kMib)};
  EXPECT_EQ(Asked(records, limited("decode=8.3", Bound::least)).choice(), "m int4");
  EXPECT_EQ(Asked(records, limited("decode=8.4", Bound::least)).place("m int4").rule, Rule::unsure);
  const Asked broken(records, limited("decode=12.6", Bound::least));
  EXPECT_EQ(broken.place("m int4").rule, Rule::limit);
  EXPECT_THAT(broken.place("m int4").reason, HasSubstr("predicted Decode"));
}

TEST(predicted, measured_counts_before_imported_and_that_before_predicted) {
  record::Record predicted = prediction("m", "int8", 8, 10, 1000 * kMib);
  predicted.metrics["pss_peak_bytes"] = support::exact(1);
  record::Record imported = support::cell("m", "int8", "performance");
  imported.metrics["decode_tokens_per_s"] = support::exact(50);
  imported.metrics["weight_bytes"] = support::exact(1e9);
  record::set_imported(imported, {"SomeTool", "file.json", "", {}, {}});
  const record::Record measured = support::performance("m", "int8", 8, 100, 0.5);

  const auto decode = [](const std::vector<record::Record>& records) {
    return analyze::metric_entry(Asked(records).analysis.configurations.front(), "decode_tokens_per_s");
  };
  EXPECT_EQ(decode({predicted}).evidence, Evidence::predicted);
  EXPECT_EQ(decode({predicted, imported}).evidence, Evidence::imported);
  EXPECT_EQ(decode({predicted, imported}).value->value, 50.0);
  EXPECT_EQ(decode({measured, predicted}).evidence, Evidence::measured);
  EXPECT_EQ(decode({measured, predicted}).value->value, 100.0);
  // What the better record lacks is filled in: 1 s as predicted.
  const Asked both({predicted, imported});
  EXPECT_EQ(analyze::metric_entry(both.analysis.configurations.front(), "ttft_s").evidence,
            Evidence::predicted);
  // A predicted need counts before the weights that stand for an imported one.
  EXPECT_EQ(both.all.needs.front()->metric, "min_memory_bytes");
  EXPECT_EQ(both.all.needs.front()->evidence, Evidence::predicted);
  // A measured peak counts before a predicted least memory.
  const Asked all({predicted, measured});
  EXPECT_EQ(all.all.needs.front()->evidence, Evidence::measured);
  EXPECT_EQ(all.all.needs.front()->metric, "pss_peak_bytes");
}

TEST(predicted, nothing_stands_in_for_a_cell_that_failed) {
  record::Record failed = support::cell("m", "int4", "performance");
  failed.outcome = record::Outcome::failed;
  failed.failure = record::Failure{"worker", "the worker died", "SIGKILL"};
  const Asked asked(
      {failed, prediction("m", "int4", 4, 10, 1000 * kMib), prediction("m", "int8", 8, 5, 2000 * kMib)});
  EXPECT_EQ(asked.choice(), "m int8");
  EXPECT_EQ(asked.place("m int4").rule, Rule::failed);
}

TEST(predicted, a_predicted_choice_says_so_and_is_measured_next) {
  const Asked asked({prediction("m", "int4", 4, 10, 1000 * kMib)});
  EXPECT_TRUE(asked.all.answer.rests_on_predicted);
  ASSERT_TRUE(asked.all.answer.next);
  EXPECT_EQ(asked.all.answer.next->kind, NextMeasurement::Kind::choice);
  EXPECT_FALSE(asked.all.answer.next->rival);
  EXPECT_THAT(asked.all.notes, Contains(HasSubstr("predicted, not measured: of requests of 20 + 64 tokens")));
  const Asked measured({support::performance("m", "int4", 4, 10, 0.5)});
  EXPECT_FALSE(measured.all.answer.rests_on_predicted);
}

// 10 tok/s against 14 and 16: [8.33, 12.5] meets [11.67, 17.5] and not [13.33, 20].
TEST(predicted, speeds_are_told_apart_by_where_they_may_lie) {
  Wishes speed;
  speed.objectives = {"decode_tokens_per_s"};
  const record::Record slow = prediction("slow", "int8", 8, 10, 1000 * kMib);
  const Asked near({slow, prediction("fast", "int4", 4, 14, 1000 * kMib)}, speed);
  EXPECT_FALSE(near.all.answer.is_decided);
  EXPECT_EQ(near.place("slow int8").standing, Standing::rival);
  EXPECT_THAT(near.place("slow int8").reason, HasSubstr("nothing that is known"));
  const Asked far({slow, prediction("fast", "int4", 4, 16, 1000 * kMib)}, speed);
  EXPECT_TRUE(far.all.answer.is_decided);
  EXPECT_EQ(far.choice(), "fast int4");
  EXPECT_EQ(far.place("slow int8").reason, "dominated by fast int4: slower");
  EXPECT_THAT(far.all.answer.certainty, Contains(HasSubstr("as predicted")));
}

// 100 tok/s as measured, in a process of its own, may be 10 % more or less beside the interval of 1 %.
TEST(predicted, what_was_measured_is_compared_with_what_is_predicted) {
  Wishes speed;
  speed.objectives = {"decode_tokens_per_s"};
  record::Record measured = support::performance("m", "int8", 8, 100, 0.5);
  EXPECT_TRUE(Asked({measured, prediction("n", "int4", 4, 60, 1000 * kMib)}, speed).all.answer.is_decided);
  EXPECT_FALSE(Asked({measured, prediction("n", "int4", 4, 80, 1000 * kMib)}, speed).all.answer.is_decided);
  measured.settings["performance"]["max_new_tokens"] = 8;
  const Asked other({measured, prediction("n", "int4", 4, 10, 1000 * kMib)}, speed);
  EXPECT_FALSE(other.all.answer.is_decided);  // requests of other lengths are other work
  EXPECT_THAT(other.all.answer.certainty, Contains(HasSubstr("the setting max_new_tokens differs")));
}

// Memory to 5 %: 1000 MiB may be as much as 1050 MiB, and 1100 MiB as little as 1045 MiB.
TEST(predicted, memory_is_told_apart_by_where_it_may_lie) {
  Wishes memory;
  memory.objectives = {"memory"};
  const record::Record one = prediction("one", "int8", 8, 10, 1000 * kMib);
  EXPECT_FALSE(Asked({one, prediction("two", "int8", 8, 10, 1100 * kMib)}, memory).all.answer.is_decided);
  EXPECT_TRUE(Asked({one, prediction("two", "int8", 8, 10, 1110 * kMib)}, memory).all.answer.is_decided);
}

// Quality by another tool, speed and memory by prediction, put together by model and precision.
TEST(predicted, quality_of_the_same_configuration_is_joined) {
  const Asked asked({imported_score("big", "int4", 0.8), imported_score("small", "fp16", 0.6),
                     prediction("big", "int4", 4, 10, 1000 * kMib, 2e9),
                     prediction("small", "fp16", 16, 12, 1000 * kMib, 5e8)});
  EXPECT_EQ(asked.choice(), "big int4");
  EXPECT_TRUE(asked.all.answer.rests_on_imported);
  EXPECT_TRUE(asked.all.answer.rests_on_predicted);
  EXPECT_NEAR(asked.all.qualities[asked.index("big int4")]->value, 0.55 / 0.75, 1e-12);
  ASSERT_TRUE(asked.all.small_or_large);
  EXPECT_EQ(asked.name(asked.all.small_or_large->large), "big int4");
  EXPECT_EQ(asked.name(asked.all.small_or_large->small), "small fp16");
  EXPECT_TRUE(asked.all.small_or_large->no_quality.empty());
  EXPECT_THAT(asked.all.notes, Contains(HasSubstr("its quality is imported")));
}

// At 4 GiB the large model fits at 4 bits, and of the small one 16 bits.
TEST(predicted, small_or_large_is_told_by_size_where_quality_is_not_known) {
  const double gib = 1024 * kMib;
  const std::vector<record::Record> speeds{prediction("big", "fp16", 16, 2, 15 * gib, 8e9),
                                           prediction("big", "int4", 4.5, 7, 3.6 * gib, 8e9),
                                           prediction("small", "fp16", 16, 6, 3.5 * gib, 2e9),
                                           prediction("small", "int4", 4.5, 20, 1.2 * gib, 2e9)};
  const Asked unknown(speeds);
  ASSERT_TRUE(unknown.all.small_or_large);
  EXPECT_EQ(unknown.all.small_or_large->memory_bytes, 4 * gib);
  EXPECT_EQ(unknown.name(unknown.all.small_or_large->large), "big int4");
  EXPECT_EQ(unknown.name(unknown.all.small_or_large->small), "small fp16");
  EXPECT_THAT(unknown.all.small_or_large->no_quality, HasSubstr("no task was scored"));
  // Of the small one alone the quality is known: the large one is out, and the sentence says why.
  auto records = speeds;
  records.push_back(imported_score("small", "fp16", 0.6));
  records.push_back(imported_score("small", "int4", 0.5));
  const Asked half(records, within(4 * gib));
  EXPECT_EQ(half.choice(), "small fp16");
  EXPECT_EQ(half.place("big int4").rule, Rule::unknown);
  ASSERT_TRUE(half.all.small_or_large);
  EXPECT_EQ(half.name(half.all.small_or_large->large), "big int4");
  EXPECT_EQ(half.all.small_or_large->no_quality, "the quality of big int4 is not known (qa: not run)");
}

TEST(predicted, what_cannot_be_made_is_not_chosen) {
  record::Record skipped = support::cell("m", "int4", "performance");
  record::set_predicted(skipped, {0, 0, 0.05, {}});
  skipped.outcome = record::Outcome::skipped;
  skipped.reasons = {"m is quantized already"};
  const Asked asked({skipped, prediction("m", "int8", 8, 10, 1000 * kMib)});
  EXPECT_EQ(asked.choice(), "m int8");
  EXPECT_EQ(asked.place("m int4").rule, Rule::unknown);
  EXPECT_THAT(asked.place("m int4").reason, HasSubstr("m is quantized already"));
}

TEST(predicted, no_mark_of_a_winner_is_given_for_a_prediction) {
  const Asked asked({support::performance("m", "int8", 8, 10, 0.5),
                     support::performance("m", "int4", 4, 20, 0.5),
                     prediction("n", "int4", 4, 1000, 1000 * kMib)});
  for (const analyze::Winner& winner : asked.analysis.winners) {
    if (winner.metric != "decode_tokens_per_s") continue;
    EXPECT_EQ(asked.name(winner.best), "m int4");
  }
}

}  // namespace
}  // namespace bantam::recommend
