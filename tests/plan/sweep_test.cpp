#include "plan/sweep.hpp"

#include <gmock/gmock.h>

#include "plan/options.hpp"

namespace bantam::plan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string refusal(const std::string& text) {
  const auto values = axis_values("n-prompt", text);
  EXPECT_FALSE(values);
  return values ? "" : values.error().message;
}

// The examples of llama-bench's README.
TEST(AxisValues, AreThoseOfLlamaBench) {
  EXPECT_THAT(axis_values("p", "512").value(), ElementsAre("512"));
  EXPECT_THAT(axis_values("p", "512,128,256").value(), ElementsAre("512", "128", "256"));
  EXPECT_THAT(axis_values("p", "4-8").value(), ElementsAre("4", "5", "6", "7", "8"));
  EXPECT_THAT(axis_values("p", "10-30+10").value(), ElementsAre("10", "20", "30"));
  EXPECT_THAT(axis_values("p", "128-512+256").value(), ElementsAre("128", "384"));
  EXPECT_THAT(axis_values("p", "64-600*2").value(), ElementsAre("64", "128", "256", "512"));
  EXPECT_THAT(axis_values("p", "0-4096+2048,1").value(), ElementsAre("0", "2048", "4096", "1"));
}

TEST(AxisValues, NamesAreNoRanges) {
  EXPECT_THAT(axis_values("ctk", "f16,q8_0").value(), ElementsAre("f16", "q8_0"));
  EXPECT_THAT(axis_values("draft", "a-b.gguf,hf:u/m-1").value(), ElementsAre("a-b.gguf", "hf:u/m-1"));
  EXPECT_THAT(axis_values("ngl", "-1").value(), ElementsAre("-1"));
}

TEST(AxisValues, EachIsTakenOnce) {
  EXPECT_THAT(axis_values("t", "2,1-3,2").value(), ElementsAre("2", "1", "3"));
}

TEST(AxisValues, RangesThatDoNotEndAreRefused) {
  EXPECT_THAT(refusal("8-4"), HasSubstr("'8-4' is empty"));
  EXPECT_THAT(refusal("1-8+0"), HasSubstr("does not end"));
  EXPECT_THAT(refusal("1-8*1"), HasSubstr("does not end"));
  EXPECT_THAT(refusal("0-8*2"), HasSubstr("does not end"));
  EXPECT_THAT(refusal("1-1000000"), HasSubstr("more than 256 values"));
  EXPECT_THAT(refusal("1,,2"), HasSubstr("empty value"));
  // At the end of the numbers it does not wrap.
  EXPECT_THAT(axis_values("p", "9223372036854775806-9223372036854775807").value(),
              ElementsAre("9223372036854775806", "9223372036854775807"));
  EXPECT_THAT(axis_values("p", "4611686018427387904-9223372036854775807*2").value(),
              ElementsAre("4611686018427387904"));
}

Plan plan_with(OptionValues values) {
  values.insert(values.begin(), {"models", {"m.gguf"}});
  values.push_back({"tasks", {"performance"}});
  values.push_back({"precisions", {"int4"}});
  auto request = build_request(values);
  EXPECT_TRUE(request) << request.error().message;
  return request ? request->plan : Plan{};
}

std::string error_of(OptionValues values) {
  values.insert(values.begin(), {"models", {"m.gguf"}});
  auto request = build_request(values);
  EXPECT_FALSE(request);
  return request ? "" : request.error().message;
}

TEST(Sweep, HasACellForEachCombination) {
  const Plan plan = plan_with({{"n_gen", {"32"}}, {"n_depth", {"0,512"}}, {"threads", {"1,2"}}});
  std::vector<std::string> labels;
  for (const Cell& cell : unfold(plan)) {
    labels.push_back(cell.point.label);
    EXPECT_EQ(engine_of(plan, cell).threads, cell.point.label.find("threads=1") == std::string::npos ? 2 : 1);
    EXPECT_EQ(performance_of(plan, cell).n_depth,
              cell.point.label.find("n-depth=0") == std::string::npos ? 512 : 0);
    EXPECT_EQ(performance_of(plan, cell).n_gen, 32);
  }
  EXPECT_THAT(labels, ElementsAre("n-depth=0 threads=1", "n-depth=0 threads=2", "n-depth=512 threads=1",
                                  "n-depth=512 threads=2"));
}

TEST(Sweep, OneValueIsNone) {
  EXPECT_THAT(plan_with({{"threads", {"2"}}}).points, IsEmpty());
}

// A flag cannot have two values; --sweep gives them.
TEST(Sweep, OptionsThatAreSwitchesAreNamed) {
  const Plan plan = plan_with({{"sweep", {"repack=on,off", "n-gen=8,16"}}});
  ASSERT_EQ(plan.points.size(), 4U);
  const auto cells = unfold(plan);
  EXPECT_TRUE(engine_of(plan, cells.front()).repack);
  EXPECT_FALSE(engine_of(plan, cells.back()).repack);
  EXPECT_EQ(performance_of(plan, cells.back()).n_gen, 16);
  EXPECT_THAT(error_of({{"sweep", {"models=a,b"}}}), HasSubstr("'models=a,b' is no option with values"));
  EXPECT_THAT(error_of({{"sweep", {"threads"}}}), HasSubstr("'threads' is no option with values"));
}

TEST(Sweep, NoDraftIsAValueToo) {
  const Plan plan = plan_with({{"draft", {"off,lookup"}}, {"scenarios", {"single_stream"}}});
  const auto cells = unfold(plan);
  ASSERT_EQ(cells.size(), 2U);
  EXPECT_FALSE(engine_of(plan, cells[0]).draft);
  EXPECT_EQ(engine_of(plan, cells[1]).draft, "lookup");
}

// They would have one record between them.
TEST(Sweep, PointsWithTheSameSettingsAreOneCell) {
  EXPECT_EQ(unfold(plan_with({{"threads", {"1,01"}}, {"scenarios", {"single_stream"}}})).size(), 1U);
  const auto drafted =
      plan_with({{"draft", {"off,lookup"}}, {"draft_tokens", {"4,8"}}, {"scenarios", {"single_stream"}}});
  EXPECT_EQ(unfold(drafted).size(), 3U);
}

TEST(Sweep, WhatIsNotDraftedIsRefusedAtEveryPoint) {
  EXPECT_THAT(error_of({{"draft", {"off,lookup"}}, {"request_rate", {"2"}}, {"tasks", {"performance"}}}),
              HasSubstr("not drafted"));
}

TEST(Sweep, TasksAreMeasuredWithThePlansOwnSettings) {
  const auto request = build_request({{"models", {"m.gguf"}},
                                      {"tasks", {"performance", "accuracy"}},
                                      {"accuracy_tasks", {"mmlu"}},
                                      {"batch_size", {"4"}},
                                      {"n_batch", {"2048,8"}}});
  EXPECT_TRUE(request) << request.error().message;
}

// A model's own settings of the engine stay, but for those that are swept.
TEST(Sweep, LeavesTheOtherSettingsOfAModel) {
  Plan plan = plan_with({{"threads", {"1,2"}}});
  plan.models.front().engine = EngineSettings{};
  plan.models.front().engine->threads = 8;
  plan.models.front().engine->flash_attn = "off";
  const auto cells = unfold(plan);
  EXPECT_EQ(engine_of(plan, cells.front()).threads, 1);
  EXPECT_EQ(engine_of(plan, cells.front()).flash_attn, "off");
}

TEST(Sweep, EveryValueIsChecked) {
  EXPECT_THAT(error_of({{"threads", {"1,0"}}}), HasSubstr("--threads: '0'"));
  EXPECT_THAT(error_of({{"cache_type_k", {"f16,int3"}}}), HasSubstr("int3"));
  EXPECT_THAT(error_of({{"cache_type_v", {"f16,q8_0"}}, {"flash_attn", {"off"}}}),
              HasSubstr("needs flash attention"));
  EXPECT_THAT(error_of({{"n_depth", {"0,512"}}}), HasSubstr("none is measured"));
  EXPECT_THAT(error_of({{"threads", {"1-256"}}, {"n_gen", {"1-256"}}}), HasSubstr("more than 1024"));
}

TEST(Sweep, IsOfSpeedOnly) {
  EXPECT_THAT(error_of({{"tasks", {"accuracy"}}, {"accuracy_tasks", {"mmlu"}}, {"threads", {"1,2"}}}),
              HasSubstr("is of speed measurements, and none is measured"));
}

}  // namespace
}  // namespace bantam::plan
