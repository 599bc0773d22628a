#include "reask/plan_of.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "record/sections.hpp"
#include "support/finished_cells.hpp"

namespace bantam::reask {
namespace {

using record::Record;
using testing::ElementsAre;
using testing::HasSubstr;

// As a run of this plan leaves it.
Record record_of(const plan::Plan& plan, const std::string& precision) {
  Record record = support::finished_accuracy("qa").record;
  record.precision = precision;
  const plan::Cell cell{plan.models.front(), precision, record::CellKind::accuracy, "qa", {}};
  record.settings = to_json(plan::cell_settings(plan, cell));
  return record;
}

plan::Plan sample_plan() {
  plan::Plan plan;
  plan.models = {{"nano", "embedded:nano"}};
  plan.precisions = {"fp16", "int8"};
  plan.base_precision = "fp16";
  plan.accuracy_settings.tasks = {"qa"};
  return plan;
}

std::string refusal(const base::Json& settings) {
  Record record = record_of(sample_plan(), "int8");
  record.settings.merge_patch(settings);
  const auto plan = plan_of(record, {"embedded:nano", {}, false});
  return plan ? "" : plan.error().message;
}

TEST(PlanOf, a_record_gives_its_settings_back) {
  plan::Plan plan = sample_plan();
  plan.engine.threads = 3;
  plan.engine.cache_type_k = "q8_0";
  plan.engine.repack = false;
  plan.engine.max_model_len = 777;
  plan.accuracy_settings.limit = 0.25;
  plan.accuracy_settings.num_fewshot = 2;
  plan.accuracy_settings.batch_size = 4;
  plan.accuracy_settings.kv_cells = 4096;
  plan.accuracy_settings.own_kernels = false;
  plan.accuracy_settings.apply_chat_template = true;
  plan.accuracy_settings.chat_template_kwargs = R"({"enable_thinking":false})";
  plan.accuracy_settings.fewshot_as_multiturn = false;
  plan.accuracy_settings.fewshot_without_leaks = true;
  plan.accuracy_settings.system_instruction = "Be brief, \"please\".\nThanks.";
  plan.accuracy_settings.think_end_token = "off";
  plan.seed = 99;
  const Record record = record_of(plan, "int8");
  const auto again = plan_of(record, {"a.gguf", {"tasks"}, true});
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->models.front().name, "nano");
  EXPECT_EQ(again->models.front().reference, "a.gguf");
  EXPECT_THAT(again->precisions, ElementsAre("int8"));
  EXPECT_THAT(again->accuracy_settings.tasks, ElementsAre("qa"));
  EXPECT_TRUE(again->offline);
  const auto cells = plan::unfold(*again);
  ASSERT_EQ(cells.size(), 1U);
  EXPECT_EQ(to_json(plan::cell_settings(*again, cells.front())), record.settings);
}

TEST(PlanOf, cells_that_were_decided_have_their_base_beside_them) {
  plan::Plan plan = sample_plan();
  plan.accuracy_settings.until_decided_points = 3.0;
  for (const std::string precision : {"fp16", "int8"}) {
    const Record record = record_of(plan, precision);
    const auto again = plan_of(record, {"embedded:nano", {}, false});
    ASSERT_TRUE(again) << again.error().message;
    const auto cells = plan::unfold(*again);
    const auto own = std::ranges::find(cells, precision, &plan::Cell::precision);
    ASSERT_NE(own, cells.end());
    EXPECT_EQ(to_json(plan::cell_settings(*again, *own)), record.settings);
  }
}

// What a stranger may have written.
TEST(PlanOf, settings_that_no_run_takes_are_refused_by_name) {
  EXPECT_THAT(refusal({{"engine", {{"threads", 1'000'000}}}}), HasSubstr("its settings are none of a run: --threads"));
  EXPECT_THAT(refusal({{"engine", {{"n_batch", -1}}}}), HasSubstr("--n-batch"));
  EXPECT_THAT(refusal({{"engine", {{"cache_type_k", "\x1b[31m"}}}}), HasSubstr("\\x1b[31m"));
  EXPECT_THAT(refusal({{"engine", {{"threads", {{"a", 1}}}}}}), HasSubstr("--threads"));
  EXPECT_THAT(refusal({{"accuracy", {{"kv_cells", 1'000'000'000}}}}), HasSubstr("--accuracy-kv-cells"));
  EXPECT_THAT(refusal({{"accuracy", {{"limit", -3}}}}), HasSubstr("--accuracy-limit"));
  EXPECT_THAT(refusal({{"accuracy", {{"chat_template_kwargs", "[1]"}}}}),
              HasSubstr("--chat-template-kwargs"));
  EXPECT_THAT(refusal({{"seed", -1}}), HasSubstr("--seed"));
  EXPECT_THAT(refusal({{"accuracy", nullptr}}), HasSubstr("does not say how it was asked"));
  EXPECT_EQ(refusal(base::Json::object()), "");
}

TEST(PlanOf, a_precision_that_is_none_is_refused) {
  Record record = record_of(sample_plan(), "int8");
  record.precision = "int7";
  EXPECT_FALSE(plan_of(record, {"embedded:nano", {}, false}));
}

TEST(PlanOf, an_imported_cell_is_of_all_rows_and_at_the_precision_of_the_file) {
  Record record = record_of(sample_plan(), "int8");
  record.precision = "auto";
  record.settings["accuracy"]["limit"] = 10;
  record::set_imported(record, {"lm-eval", "r.json", "", {}, {}});
  const auto plan = plan_of(record, {"a.gguf", {}, false});
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_FALSE(plan->accuracy_settings.limit);
}

}  // namespace
}  // namespace bantam::reask
