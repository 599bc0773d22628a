// Expected values are computed by hand.

#include "predict/stand_ins.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/sections.hpp"
#include "support/sample_records.hpp"

namespace bantam::predict {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Of 1 GB: file 600, copies 200, cache 100, compute 60, logits 10, program 30 MB; times off by a quarter.
Prediction row() {
  Prediction row;
  row.model = "m";
  row.reference = "synthetic:m";
  row.precision = "int4";
  row.estimate.parameters = 2'000'000'000;
  row.estimate.weight_bytes = 1'000'000'000;
  row.estimate.file_bytes = 1'100'000'000;
  row.estimate.memory = {600'000'000, 200'000'000, 100'000'000, 60'000'000,
                         10'000'000,  30'000'000,  20'000'000,  0};
  row.estimate.single.prompt_tokens = 50;
  row.estimate.single.new_tokens = 100;
  Speed speed;
  speed.ttft_s = 2.0;
  speed.decode_tokens_per_s = 10.0;
  speed.output_tokens_per_s = 8.0;
  speed.time_error = 0.25;
  row.single = speed;
  return row;
}

plan::Plan plan_of(const std::vector<std::string>& precisions) {
  plan::Plan plan;
  plan.models = {{"m", "synthetic:m"}};
  plan.precisions = precisions;
  plan.performance_settings.max_new_tokens = 100;
  return plan;
}

void expect_between(const record::Record& record, const char* metric, double value, double low, double high) {
  SCOPED_TRACE(metric);
  ASSERT_TRUE(record.metrics.contains(metric));
  const record::Value& found = record.metrics.at(metric);
  EXPECT_NEAR(found.value, value, 1e-9 * value);
  ASSERT_TRUE(found.interval);
  EXPECT_NEAR(found.interval->low, low, 1e-9 * value);
  EXPECT_NEAR(found.interval->high, high, 1e-9 * value);
}

TEST(StandIn, HasTheExpectedErrorsAsIntervals) {
  const record::Record record = stand_in(row(), plan_of({"int4"}), {{"identity", "here"}});
  EXPECT_EQ(record::evidence_of(record), record::Evidence::predicted);
  expect_between(record, "ttft_s", 2.0, 1.5, 2.5);
  expect_between(record, "tpot_s", 0.1, 0.075, 0.125);
  expect_between(record, "decode_tokens_per_s", 10.0, 8.0, 10.0 / 0.75);
  expect_between(record, "output_tokens_per_s", 8.0, 6.4, 8.0 / 0.75);
  expect_between(record, "e2e_latency_s", 12.5, 9.375, 15.625);  // 100 tokens at 8 a second
  expect_between(record, "min_memory_bytes", 1e9, 0.95e9, 1.05e9);
  expect_between(record, "pss_peak_bytes", 1.5e9, 1.425e9, 1.575e9);  // with the other 500 MB of the file
  expect_between(record, "private_peak_bytes", 3.9e8, 3.705e8, 4.095e8);
  EXPECT_FALSE(record.metrics.contains("batch_output_tokens_per_s"));
  EXPECT_DOUBLE_EQ(record.metrics.at("bits_per_weight").value, 4.0);
  EXPECT_FALSE(record.metrics.at("file_bytes").interval);
  EXPECT_EQ(record.reference, "synthetic:m");
}

// The settings are those of the run that would measure it, so that it is compared with no other work.
TEST(StandIn, SpeaksOfARunOnThisMachine) {
  const plan::Plan plan = plan_of({"int4"});
  const record::Record record = stand_in(row(), plan, {{"identity", "here"}});
  const auto cells = plan::unfold(plan);
  ASSERT_FALSE(cells.empty());
  EXPECT_EQ(record.settings, plan::to_json(plan::cell_settings(plan, cells.front())));
  EXPECT_EQ(record::machine_facts(record).identity, "here");
  EXPECT_EQ(record::predicted(record)->prompt_tokens, 50);
  EXPECT_EQ(record::predicted(record)->new_tokens, 100);
  EXPECT_EQ(record::predicted(record)->time_error, 0.25);
}

TEST(StandIn, SaysWhyThereIsNoSpeed) {
  Prediction without = row();
  without.single.reset();
  without.speed_absent = "the machine was not quiet";
  const record::Record record = stand_in(without, plan_of({"int4"}), {});
  EXPECT_EQ(record.absent.at("decode_tokens_per_s"), "the machine was not quiet");
  EXPECT_TRUE(record.metrics.contains("min_memory_bytes"));
}

TEST(StandIn, OfWhatCannotBeMadeOrWritesNoTextIsSkipped) {
  Prediction skipped = row();
  skipped.skip_reason = "m is quantized already";
  const record::Record record = stand_in(skipped, plan_of({"int4"}), {});
  EXPECT_EQ(record.outcome, record::Outcome::skipped);
  EXPECT_THAT(record.reasons, ElementsAre("m is quantized already"));
  EXPECT_THAT(record.metrics, IsEmpty());
  Prediction encoder = row();
  encoder.encodes = true;
  EXPECT_THAT(stand_in(encoder, plan_of({"int4"}), {}).reasons, ElementsAre(HasSubstr("no text")));
}

std::vector<std::string> left(const plan::Plan& plan) {
  std::vector<std::string> all;
  for (const plan::ModelEntry& model : plan.models) {
    for (const std::string& precision : plan::precisions_of(plan, model))
      all.push_back(model.name + " " + precision);
  }
  return all;
}

TEST(WithoutMeasured, LeavesWhatNothingHasMeasured) {
  record::Record failed = support::cell("m", "int8", "performance");
  failed.outcome = record::Outcome::failed;
  record::Record imported = support::cell("m", "int4", "performance");
  record::set_imported(imported, {"SomeTool", "file.json", "", {}, {}});
  const std::vector<record::Record> records{support::performance("m", "fp16", 16, 100, 0.1), failed, imported,
                                            support::performance("other", "int4", 4, 100, 0.1),
                                            support::accuracy("m", "Q5_K_M", "qa", 0.5, 0.4, 0.6, 100)};
  const auto asked = plan_of({"fp16", "int8", "int4"});
  EXPECT_THAT(left(without_measured(asked, records, false)), ElementsAre("m int4"));
  // A precision of which only quality is known.
  EXPECT_THAT(left(without_measured(asked, records, true)), ElementsAre("m int4", "m Q5_K_M"));
  EXPECT_THAT(left(without_measured(plan_of({"fp16"}), records, false)), IsEmpty());
  plan::Plan own = asked;
  own.models.front().precisions = {"int4"};
  EXPECT_THAT(left(without_measured(own, records, true)), ElementsAre("m int4"));
}

}  // namespace
}  // namespace bantam::predict
