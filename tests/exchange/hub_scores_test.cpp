// The forms are those of the hub's documentation: modelcard.md and docs/hub/eval-results.md of
// huggingface/hub-docs.
#include "exchange/hub_scores.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/sections.hpp"
#include "support/sample_records.hpp"

namespace bantam::exchange {
namespace {

using base::Json;
using testing::ElementsAre;
using testing::HasSubstr;

record::TaskFacts facts(const std::string& name, std::int64_t items, std::int64_t rows, Json config) {
  record::TaskFacts task;
  task.name = name;
  task.output_type = "generate_until";
  task.num_fewshot = 5;
  task.config = std::move(config);
  task.config["num_fewshot"] = 5;
  task.metrics = {"acc"};
  task.items = items;
  task.rows = rows;
  return task;
}

Json gsm8k() {
  return {{"dataset_path", "openai/gsm8k"}, {"dataset_name", "main"}, {"test_split", "test"}};
}

record::Record scored(const std::string& precision, const std::string& task,
                      const std::vector<record::TaskFacts>& tasks, double acc) {
  record::Record record = support::accuracy("nano", precision, task, acc, acc - 0.01, acc + 0.01, 100);
  record.model_info = {{"file_type", precision == "int4" ? "Q4_K_M" : "F16"}};
  record.engine = {{"name", "llama"}, {"version", "1.2.3"}};
  record::set_tasks(record, tasks);
  return record;
}

HubScores of(const std::vector<record::Record>& records, ItemsWanted items = ItemsWanted::all) {
  std::vector<std::string> notes;
  const auto configurations = analyze::gather(records, notes);
  return hub_scores(configurations, analyze::score_columns(configurations), items);
}

TEST(HubScores, NameTheDataSetAsTheTaskDoes) {
  const auto all = of({scored("fp16", "gsm8k", {facts("gsm8k", 1319, 1319, gsm8k())}, 0.413)});
  ASSERT_EQ(all.scores.size(), 1U);
  const HubScore& score = all.scores.front();
  EXPECT_EQ(score.data, (HubData{"openai/gsm8k", "main", "test", {}}));
  EXPECT_EQ(score.value, 41.3);
  EXPECT_EQ(score.shots, 5);
  EXPECT_TRUE(all.left_out.empty());
}

TEST(HubScores, KnowTheRepositoryAndRevisionOfFiles) {
  record::TaskFacts task = facts("t", 10, 10, {{"dataset_path", "json"}, {"validation_split", "dev"}});
  task.data = "hf://datasets/ada/rows@v1.0/data/test.jsonl";
  const auto all = of({scored("fp16", "t", {task}, 0.5)});
  ASSERT_EQ(all.scores.size(), 1U);
  EXPECT_EQ(all.scores[0].data, (HubData{"ada/rows", {}, "dev", "v1.0"}));
}

// What the tasks of a group differ in is not said of the group.
TEST(HubScores, OfAGroupSayWhatItsTasksHaveInCommon) {
  const auto part = [](const char* name) {
    return facts(name, 100, 100,
                 {{"dataset_path", "cais/mmlu"}, {"dataset_name", name}, {"test_split", "test"}});
  };
  const auto all = of({scored("fp16", "mmlu", {part("anatomy"), part("virology")}, 0.5)});
  ASSERT_EQ(all.scores.size(), 1U);
  EXPECT_EQ(all.scores[0].data, (HubData{"cais/mmlu", {}, "test", {}}));
  EXPECT_EQ(all.scores[0].items->scored, 200);

  const auto mixed = of({scored("fp16", "both", {part("anatomy"), facts("gsm8k", 9, 9, gsm8k())}, 0.5)});
  EXPECT_TRUE(mixed.scores.empty());
  EXPECT_THAT(mixed.left_out, ElementsAre("both: its data are no data set of the hub"));
}

TEST(HubScores, LeaveOutWhatIsNotOfTheWholeTask) {
  record::TaskFacts unknown = facts("u", 10, 10, gsm8k());
  unknown.rows.reset();
  const std::vector<record::Record> records{scored("fp16", "gsm8k", {facts("gsm8k", 8, 1319, gsm8k())}, 0.5),
                                            scored("int4", "gsm8k", {facts("gsm8k", 8, 1319, gsm8k())}, 0.4),
                                            scored("fp16", "u", {unknown}, 0.5)};
  const auto whole = of(records);
  EXPECT_TRUE(whole.scores.empty());
  EXPECT_THAT(whole.left_out, ElementsAre("gsm8k: 8 of 1319 items were scored",
                                          "u: how many of its items were scored is not known"));
  EXPECT_TRUE(whole.lacks_items);
  const auto any = of(records, ItemsWanted::any);
  ASSERT_EQ(any.scores.size(), 3U);
  const std::string notes = eval_results(any.scores, {})[0]["notes"];
  EXPECT_THAT(notes, HasSubstr("8 of 1319 items: not the whole task"));
  const Json index = model_index("nano", any.scores);
  EXPECT_THAT(index[0]["results"][0]["metrics"][0]["name"].get<std::string>(), HasSubstr("8 of 1319 items"));
}

TEST(HubScores, LeaveOutLocalDataAndAnswersThatAreNone) {
  record::Record empty = scored("fp16", "gsm8k", {facts("gsm8k", 4, 4, gsm8k())}, 0.0);
  empty.metrics["empty"] = {4.0, {}, {}, 4};
  const auto all = of({empty, scored("fp16", "own", {facts("own", 4, 4, {{"dataset_path", "json"}})}, 0.5)});
  EXPECT_TRUE(all.scores.empty());
  EXPECT_FALSE(all.lacks_items);
  EXPECT_THAT(all.left_out,
              ElementsAre("gsm8k: every answer is empty", "own: its data are no data set of the hub"));
}

TEST(ModelIndex, HasOneResultPerTaskAndOneMetricPerPrecision) {
  const auto all = of({scored("fp16", "gsm8k", {facts("gsm8k", 1319, 1319, gsm8k())}, 0.413),
                       scored("int4", "gsm8k", {facts("gsm8k", 1319, 1319, gsm8k())}, 0.38)});
  const Json index = model_index("nano", all.scores);
  Json dataset{{"type", "openai/gsm8k"}, {"name", "gsm8k (5-shot)"}, {"config", "main"}, {"split", "test"}};
  ASSERT_EQ(index.size(), 1U);
  EXPECT_EQ(index[0]["name"], "nano");
  ASSERT_EQ(index[0]["results"].size(), 1U);
  const Json& result = index[0]["results"][0];
  EXPECT_EQ(result["task"], (Json{{"type", "text-generation"}}));
  EXPECT_EQ(result["dataset"], dataset);
  ASSERT_EQ(result["metrics"].size(), 2U);
  EXPECT_EQ(result["metrics"][1],
            (Json{{"type", "acc"}, {"value", 38.0}, {"name", "gsm8k acc in percent, int4 (Q4_K_M)"}}));
}

TEST(EvalResults, HaveTheMembersOfTheHub) {
  const auto all = of({scored("int4", "gsm8k", {facts("gsm8k", 1319, 1319, gsm8k())}, 0.38)});
  const Json plain = eval_results(all.scores, {});
  ASSERT_EQ(plain.size(), 1U);
  EXPECT_EQ(plain[0]["dataset"], (Json{{"id", "openai/gsm8k"}, {"task_id", "gsm8k"}}));
  EXPECT_EQ(plain[0]["value"], 38.0);
  EXPECT_EQ(plain[0]["date"], "2026-01-31T12:00:30Z");
  EXPECT_EQ(
      plain[0]["notes"],
      "acc in percent, 95 % interval 37 to 39; 5-shot; 1319 items; int4 (Q4_K_M); measured by bantam, llama "
      "1.2.3");
  EXPECT_FALSE(plain[0].contains("source"));
  EXPECT_FALSE(plain[0].contains("verifyToken"));

  const Json more = eval_results(
      all.scores, {.task_ids = {{"gsm8k", "gsm8k_main"}}, .source_url = "https://example.org/results"});
  EXPECT_EQ(more[0]["dataset"]["task_id"], "gsm8k_main");
  EXPECT_EQ(more[0]["source"], (Json{{"url", "https://example.org/results"}}));
}

}  // namespace
}  // namespace bantam::exchange
