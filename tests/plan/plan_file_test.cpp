#include "plan/plan_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.hpp"
#include "plan/model_settings.hpp"
#include "support/temp_dir.hpp"

namespace bantam::plan {
namespace {

using testing::ElementsAre;

// The plan of the options as they are, and by way of a file.
void expect_the_same_plan(const OptionValues& options) {
  const auto direct = build_request(options);
  ASSERT_TRUE(direct) << direct.error().message;
  const support::TempDir folder;
  const auto file = folder.path() / "next.yaml";
  ASSERT_TRUE(base::write_file_atomically(file, base::to_text(plan_file_of(options))));
  const auto read = read_plan_file(file);
  ASSERT_TRUE(read) << read.error().message;
  const auto by_file = build_request(*read);
  ASSERT_TRUE(by_file) << by_file.error().message;
  const auto describe = [](const Plan& plan) {
    std::vector<std::string> cells;
    for (const Cell& cell : unfold(plan))
      cells.push_back(cell.model.name + " " + cell.model.reference + " " + cell.precision + " " + cell.task +
                      " " + base::to_text(to_json(cell_settings(plan, cell))));
    return cells;
  };
  EXPECT_EQ(describe(direct->plan), describe(by_file->plan));
}

TEST(plan_file, gives_the_same_plan_as_its_options) {
  expect_the_same_plan({{"models", {"small=a.gguf", "hf:user/repo"}},
                        {"precisions", {"int8", "int4"}},
                        {"tasks", {"performance"}},
                        {"rounds", {"12"}},
                        {"repack", {"false"}},
                        {"prompt", {"It's \"one\", and: two"}},
                        {"gate", {"paging=10", "steal=off"}}});
}

TEST(plan_file, holds_the_settings_of_single_models) {
  const OptionValues options{
      {"models", {"small=a.gguf", "b.gguf"}},
      {"tasks", {"performance"}},
      {std::string(kModelSettings),
       {model_setting("small=a.gguf", {{"precisions", base::Json::array({"fp16", "int8"})}}),
        model_setting("b.gguf", {{"precisions", base::Json::array({"int4"})}})}}};
  expect_the_same_plan(options);
  const auto request = build_request(options);
  ASSERT_TRUE(request);
  std::vector<std::string> cells;
  for (const Cell& cell : unfold(request->plan)) cells.push_back(cell.model.name + " " + cell.precision);
  EXPECT_THAT(cells, ElementsAre("small fp16", "small int8", "b int4"));
}

}  // namespace
}  // namespace bantam::plan
