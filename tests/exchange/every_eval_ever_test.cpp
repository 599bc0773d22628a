// Files in the schema "every eval ever".
#include "exchange/every_eval_ever.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/json.hpp"
#include "support/temp_dir.hpp"

namespace bantam::exchange {
namespace {

using base::Json;
using record::Record;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

Json score(const std::string& task, const std::string& description, double value) {
  return {
      {"evaluation_name", task},
      {"source_data", {{"dataset_name", task}, {"source_type", "hf_dataset"}, {"hf_repo", "org/" + task}}},
      {"metric_config",
       {{"evaluation_description", description},
        {"lower_is_better", false},
        {"score_type", "continuous"},
        {"min_score", 0.0},
        {"max_score", 1.0}}},
      {"score_details",
       {{"score", value}, {"uncertainty", {{"standard_error", {{"value", 0.02}}}, {"num_samples", 200}}}}}};
}

Json file(std::vector<Json> scores, const std::string& dtype = "torch.bfloat16") {
  Json json{
      {"schema_version", "0.2.2"},
      {"evaluation_id", "quiz/org/tiny/1769854800.0"},
      {"evaluation_timestamp", "1769854800"},
      {"retrieved_timestamp", "1769954800.5"},
      {"source_metadata",
       {{"source_name", "a board"},
        {"source_type", "evaluation_run"},
        {"evaluator_relationship", "third_party"}}},
      {"eval_library", {{"name", "lm_eval"}, {"version", "0.4.13"}}},
      {"model_info", {{"name", "tiny"}, {"id", "org/tiny"}, {"additional_details", {{"dtype", dtype}}}}},
      {"evaluation_results", Json::array()}};
  for (Json& one : scores) json["evaluation_results"].push_back(std::move(one));
  return json;
}

class Folder {
 public:
  Folder& add(const std::string& name, const std::string& content) {
    const auto path = folder_.path() / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << content;
    return *this;
  }
  Folder& add(const std::string& name, const Json& json) { return add(name, base::to_text(json)); }
  base::Result<ImportedRecords> read(EveryEvalEverImport options = {"m", {}, {}}) const {
    return read_every_eval_ever(folder_.path(), options);
  }
  std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }

 private:
  support::TempDir folder_;
};

TEST(EveryEvalEver, EachBenchmarkOfAFileIsARecord) {
  Folder folder;
  folder.add("quiz/org/tiny/1.json", file({score("quiz", "acc", 0.75), score("quiz", "acc_norm", 0.7512),
                                           score("other", "Accuracy", 0.5)}));
  const auto imported = folder.read();
  ASSERT_TRUE(imported) << imported.error().message;
  EXPECT_THAT(imported->notes, IsEmpty());
  ASSERT_EQ(imported->records.size(), 2U);
  const Record& record = imported->records[1];
  EXPECT_EQ(record.task, "quiz");
  EXPECT_EQ(record.model, "org/tiny");
  EXPECT_EQ(record.precision, "bf16");
  EXPECT_EQ(record.finished_at, "2026-01-31T10:20:00Z");
  const record::Value& acc = record.metrics.at("acc");
  EXPECT_EQ(acc.value, 0.75);
  EXPECT_EQ(acc.n, 200);
  EXPECT_EQ(acc.std_error, 0.02);
  EXPECT_EQ(acc.interval->method, "wilson");
  EXPECT_FALSE(record.metrics.at("acc_norm").interval);  // was rounded: no number of right answers
  EXPECT_EQ(imported->records[0].metrics.at("acc").value, 0.5);
  const auto origin = record::imported(record);
  EXPECT_THAT(origin->caveats.at("acc"), HasSubstr("a board says"));
  EXPECT_EQ(origin->content["evaluation_results"].size(), 2U);
  EXPECT_EQ(origin->content["source_metadata"]["source_name"], "a board");
}

TEST(EveryEvalEver, FiltersAndScalesAreThoseOfTheFile) {
  Json strict = score("quiz/strict-match", "exact_match (filter: strict-match)", 12.5);
  strict["metric_config"]["max_score"] = 100.0;
  strict["score_details"]["uncertainty"] = {
      {"standard_error", {{"value", 2.0}}},
      {"confidence_interval", {{"lower", 8.0}, {"upper", 17.0}, {"confidence_level", 0.95}}}};
  Folder folder;
  folder.add("1.json", file({strict, score("quiz/flexible", "exact_match (filter: flexible)", 0.5)}));
  const auto imported = folder.read();
  ASSERT_TRUE(imported);
  ASSERT_EQ(imported->records.size(), 1U);
  const auto& metrics = imported->records[0].metrics;
  EXPECT_DOUBLE_EQ(metrics.at("exact_match,strict-match").value, 0.125);
  EXPECT_DOUBLE_EQ(*metrics.at("exact_match,strict-match").std_error, 0.02);
  EXPECT_DOUBLE_EQ(metrics.at("exact_match,strict-match").interval->high, 0.17);
  EXPECT_DOUBLE_EQ(metrics.at("exact_match,flexible").value, 0.5);
}

TEST(EveryEvalEver, PercentIsToldByTheUnitAlone) {
  Json percent = score("quiz", "acc", 50.0);
  percent["metric_config"]["metric_unit"] = "percent";
  percent["metric_config"].erase("max_score");
  Folder folder;
  folder.add("1.json", file({percent}));
  const auto imported = folder.read();
  ASSERT_TRUE(imported);
  EXPECT_EQ(imported->records[0].metrics.at("acc").value, 0.5);
}

TEST(EveryEvalEver, ScoresOfOtherSettingsThanTheFirstAreLeftOutByName) {
  const auto with = [](Json one, const char* shots, const Json& arguments) {
    one["generation_config"] = {{"generation_args", arguments},
                                {"additional_details", {{"num_fewshot", shots}}}};
    return one;
  };
  const Json arguments{{"temperature", 0.0}, {"max_tokens", 8}};
  const Json reordered{{"max_tokens", 8}, {"temperature", 0.0}};
  Folder folder;
  folder.add("1.json", file({with(score("quiz", "acc", 0.5), "0", arguments),
                             with(score("quiz", "acc_norm", 0.75), "5", arguments),
                             with(score("quiz", "exact_match", 0.25), "0", reordered),
                             with(score("other", "acc", 0.75), "5", arguments)}));
  const auto imported = folder.read();
  ASSERT_TRUE(imported);
  ASSERT_EQ(imported->records.size(), 2U);
  const Record& record = imported->records[1];
  EXPECT_EQ(record.settings["accuracy"]["num_fewshot"], 0);
  EXPECT_EQ(record.metrics.size(), 2U);
  EXPECT_TRUE(record.metrics.contains("exact_match"));
  EXPECT_EQ(record::imported(record)->content["evaluation_results"].size(), 2U);
  EXPECT_EQ(imported->records[0].settings["accuracy"]["num_fewshot"], 5);
  ASSERT_EQ(imported->notes.size(), 1U);
  EXPECT_THAT(imported->notes[0], HasSubstr("quiz acc_norm: its settings are not those of the first score"));
}

TEST(EveryEvalEver, ScoresThatAreNotKnownAreLeftOutByName) {
  Json reversed = score("b", "acc", 0.5);
  reversed["metric_config"]["lower_is_better"] = true;
  Json level = score("c", "acc", 1.0);
  level["metric_config"]["score_type"] = "levels";
  Json unknown = score("d", "acc", -1.0);
  Json scaled = score("e", "acc", 5.0);
  scaled["metric_config"]["max_score"] = 10.0;
  Json none = score("f", "acc", 0.5);
  none["score_details"]["score"] = "0.5";
  Json contradictory = score("g", "acc", 0.5);
  contradictory["metric_config"]["metric_unit"] = "percent";  // of 1
  Folder folder;
  folder.add("1.json", file({score("a", "elo of an arena", 1200.0), reversed, level, unknown, scaled, none,
                             contradictory, Json(7), score("energy", "acc", 0.5), score("quiz", "acc", 0.5),
                             score("quiz", "acc", 0.6)}));
  const auto imported = folder.read();
  ASSERT_TRUE(imported);
  ASSERT_EQ(imported->records.size(), 1U);
  EXPECT_EQ(imported->records[0].metrics.at("acc").value, 0.5);
  for (const char* part : {"a: it names no metric", "b acc: its direction", "c acc: it is a level",
                           "d acc: its score -1", "e acc: its scale", "g acc: its scale",
                           "f acc: its score is no finite", "names no benchmark", "quiz acc is there twice"})
    EXPECT_THAT(imported->notes, Contains(HasSubstr(part))) << part;
}

TEST(EveryEvalEver, FilesThatCannotBeUsedAreNamed) {
  Json old = file({score("quiz", "acc", 0.5)});
  old["schema_version"] = "0.1.0";
  Json printed = file({score("quiz", "acc", 0.5)}, "torch.float16");
  printed["model_info"]["additional_details"]["model_args"] =
      "{'pretrained': 'org/tiny', 'load_in_4bit': True, 'dtype': 'float16'}";
  Folder folder;
  folder.add("good.json", file({score("quiz", "acc", 0.5)}))
      .add("old.json", old)
      .add("four.json", printed)
      .add("untold.json", file({score("quiz", "acc", 0.5)}, ""))
      .add("half.json", base::to_text(old).substr(0, 100))
      .add("other.json", std::string("[1]"));
  const auto imported = folder.read();
  ASSERT_TRUE(imported);
  ASSERT_EQ(imported->records.size(), 2U);
  EXPECT_EQ(imported->records[1].precision, "int4");
  for (const char* part :
       {"old.json is left out: version '0.1.0'", "untold.json is left out: it does not tell the precision",
        "half.json is left out: it is no whole JSON", "other.json is left out: it is no result"})
    EXPECT_THAT(imported->notes, Contains(HasSubstr(part))) << part;
  const auto said = read_every_eval_ever(folder.path("untold.json"), {"m", "mine", "int8"});
  ASSERT_TRUE(said);
  EXPECT_EQ(said->records[0].model, "mine");
  EXPECT_EQ(said->records[0].precision, "int8");
}

TEST(EveryEvalEver, TheNewerFileCountsAndTheSameHasTheSameKey) {
  Json newer = file({score("quiz", "acc", 0.6)});
  newer["evaluation_timestamp"] = "2026-02-01T00:00:00Z";
  Folder folder;
  folder.add("a.json", newer).add("b.json", file({score("quiz", "acc", 0.5)}));
  const auto imported = folder.read();
  ASSERT_TRUE(imported);
  ASSERT_EQ(imported->records.size(), 1U);
  EXPECT_EQ(imported->records[0].metrics.at("acc").value, 0.6);
  EXPECT_THAT(imported->notes, Contains(HasSubstr("the newer counts, a.json")));
  EXPECT_EQ(folder.read()->records[0].cell_key, imported->records[0].cell_key);
}

TEST(EveryEvalEver, MembersOfOtherTypesHarmNothing) {
  Folder folder;
  folder.add("good.json", file({score("quiz", "acc", 0.5)}));
  for (const char* key : {"schema_version", "evaluation_timestamp", "source_metadata", "eval_library",
                          "model_info", "evaluation_results"}) {
    for (const Json& value : {Json(nullptr), Json(7), Json("text"), Json::array({1}), Json{{"id", 1}}}) {
      Json json = file({score("quiz", "acc", 0.5)});
      json[key] = value;
      folder.add("odd.json", json);
      EXPECT_TRUE(folder.read()) << key << " " << value;
    }
  }
  for (const char* key :
       {"evaluation_name", "source_data", "metric_config", "score_details", "generation_config"}) {
    for (const Json& value : {Json(nullptr), Json(7), Json("text"), Json::array({1}), Json{{"id", 1}}}) {
      Json one = score("quiz", "acc", 0.5);
      one[key] = value;
      folder.add("odd.json", file({one}));
      EXPECT_TRUE(folder.read()) << key << " " << value;
    }
  }
}

}  // namespace
}  // namespace bantam::exchange
