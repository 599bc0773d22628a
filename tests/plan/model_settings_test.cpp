#include "plan/model_settings.hpp"

#include <gmock/gmock.h>

#include "base/files.hpp"
#include "support/temp_dir.hpp"

namespace bantam::plan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

base::Result<Request> request_from(const std::string& yaml, const OptionValues& flags = {}) {
  const support::TempDir folder;
  const auto file = folder.path() / "plan.yaml";
  EXPECT_TRUE(base::write_file_atomically(file, yaml));
  TRY_ASSIGN(OptionValues values, read_plan_file(file));
  values.insert(values.end(), flags.begin(), flags.end());
  return build_request(values);
}

constexpr const char* kPlan =
    "threads: 4\n"
    "models:\n"
    "  - {name: small, path: a.gguf, precisions: [int8, int4], threads: 1, cache-type-k: q8_0}\n"
    "  - {name: big, path: b.gguf}\n"
    "  - {path: c.gguf, precision: Q6_K}\n"
    "precisions: [fp16, int4]\n"
    "tasks: [performance]\n";

std::vector<std::string> cells_of(const Plan& plan) {
  std::vector<std::string> cells;
  for (const Cell& cell : unfold(plan)) cells.push_back(cell.model.name + " " + cell.precision);
  return cells;
}

TEST(ModelSettings, HoldForTheirModelAlone) {
  const auto request = request_from(kPlan);
  ASSERT_TRUE(request) << request.error().message;
  const Plan& plan = request->plan;
  EXPECT_THAT(cells_of(plan), ElementsAre("small int8", "small int4", "big fp16", "big int4", "c Q6_K"));
  const auto cells = unfold(plan);
  EXPECT_EQ(cell_settings(plan, cells[0]).engine.threads, 1);
  EXPECT_EQ(cell_settings(plan, cells[0]).engine.cache_type_k, "q8_0");
  EXPECT_EQ(cell_settings(plan, cells[2]).engine.threads, 4);
  EXPECT_EQ(cell_settings(plan, cells[2]).engine.cache_type_k, "f16");
  EXPECT_EQ(base_precision_of(plan, plan.models[0]), "int8");
  EXPECT_EQ(base_precision_of(plan, plan.models[1]), "fp16");
  EXPECT_EQ(base_precision_of(plan, plan.models[2]), "Q6_K");
}

TEST(ModelSettings, GiveWayToFlags) {
  const auto precisions = request_from(kPlan, {{"precisions", {"bf16"}}});
  ASSERT_TRUE(precisions) << precisions.error().message;
  EXPECT_THAT(cells_of(precisions->plan), ElementsAre("small bf16", "big bf16", "c bf16"));
  EXPECT_EQ(engine_of(precisions->plan, precisions->plan.models[0]).threads, 1);
  const auto models = request_from(kPlan, {{"models", {"a.gguf"}}});
  ASSERT_TRUE(models);
  EXPECT_THAT(cells_of(models->plan), ElementsAre("a fp16", "a int4"));
}

TEST(ModelSettings, RefuseWhatAModelCannotHave) {
  const auto unknown = request_from("models: [{path: a.gguf, num_runs: 3}]\n");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind, base::ErrorKind::usage);
  EXPECT_THAT(unknown.error().message, HasSubstr("num_runs"));
  const auto wrong = request_from("models: [{path: a.gguf, threads: many}]\n");
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message, HasSubstr("a.gguf"));
  EXPECT_FALSE(request_from("models: [{path: a.gguf, precisions: [int8], base_precision: fp16}]\n"));
}

}  // namespace
}  // namespace bantam::plan
