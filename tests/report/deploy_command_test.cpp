#include "report/deploy_command.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/sections.hpp"
#include "support/sample_records.hpp"

namespace bantam::report {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<analyze::Configuration> of(const std::vector<record::Record>& records) {
  std::vector<std::string> notes;
  return analyze::gather(records, notes);
}

record::Record limited(const std::string& precision) {
  record::Record record = support::accuracy("nano", precision, "qa", 0.5, 0.4, 0.6, 8);
  record.settings = {{"engine", {{"threads", 2}}}, {"accuracy", {{"limit", 8.0}, {"num_fewshot", 3}}}};
  return record;
}

// `bantam run` takes kinds of cells with --tasks and names of tasks with --accuracy-tasks.
TEST(ReproduceCommand, NamesKindsAndTasksApart) {
  const auto all = of({support::performance("nano", "int4", 4, 900, 0.1), limited("int4")});
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(reproduce_command(all.front()),
            "bantam run embedded:nano --precisions int4 --tasks performance,accuracy --accuracy-tasks qa");
}

TEST(ReproduceCommands, AreOneForPrecisionsWithTheSameTasks) {
  record::Record speed = support::performance("nano", "int4", 4, 900, 0.1);
  speed.settings = {{"engine", {{"threads", 2}}}, {"performance", base::Json::object()}};
  EXPECT_THAT(
      reproduce_commands(of({limited("fp16"), limited("int8"), speed})),
      ElementsAre("bantam run embedded:nano --precisions fp16 int8 --tasks accuracy --accuracy-tasks qa "
                  "--accuracy-limit 8 --num-fewshot 3 --threads 2",
                  "bantam run embedded:nano --precisions int4 --tasks performance --threads 2"));
}

// A limit of one task is none of another.
TEST(ReproduceCommands, AreSeveralWhereCellsHadOtherSettings) {
  record::Record whole = support::accuracy("nano", "int4", "maths", 0.5, 0.4, 0.6, 400);
  whole.settings = {{"engine", {{"threads", 2}}},
                    {"accuracy", {{"apply_chat_template", true}, {"system_instruction", "Be brief."}}}};
  EXPECT_THAT(
      reproduce_commands(of({limited("int4"), whole})),
      ElementsAre("bantam run embedded:nano --precisions int4 --tasks accuracy --accuracy-tasks maths "
                  "--apply-chat-template --system-instruction 'Be brief.' --threads 2",
                  "bantam run embedded:nano --precisions int4 --tasks accuracy --accuracy-tasks qa "
                  "--accuracy-limit 8 --num-fewshot 3 --threads 2"));
}

TEST(ReproduceCommands, OfImportedResultsThereAreNone) {
  record::Record imported = limited("int4");
  record::set_imported(imported, {"SLiM-Eval", "mmlu.json", "", base::Json::object(), {}});
  EXPECT_THAT(reproduce_commands(of({imported})), IsEmpty());
}

}  // namespace
}  // namespace bantam::report
