// The forms are those of the schema "every eval ever" 0.3.0.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/files.hpp"
#include "exchange/every_eval_ever.hpp"
#include "exchange/every_eval_ever_files.hpp"
#include "metric/aggregation.hpp"
#include "record/sections.hpp"
#include "support/sample_records.hpp"
#include "support/temp_dir.hpp"

namespace bantam::exchange {
namespace {

namespace fs = std::filesystem;
using base::Json;
using record::Record;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

record::TaskFacts facts_of(const std::string& task) {
  record::TaskFacts facts;
  facts.name = task;
  facts.num_fewshot = 5;
  facts.filters = {"none"};
  facts.metrics = {"acc"};
  facts.config = {{"dataset_path", "org/data"}, {"dataset_name", "part"}, {"test_split", "test"}};
  return facts;
}

// Seven of ten right.
Record quiz() {
  const record::Interval interval = metric::wilson_interval(7, 10);
  Record record = support::accuracy("org/tiny", "int8", "quiz", 0.7, interval.low, interval.high, 10);
  record.metrics["acc"].std_error = 0.15;
  record.metrics["acc_norm"] = {0.65, record::Interval{0.5, 0.8, 0.95, "student_t"}, 0.1, 10};
  record.metrics["truncated"] = {1.0, {}, {}, 10};
  record::set_tasks(record, {facts_of("quiz")});
  record.engine = {{"name", "llama"}, {"version", "b1"}};
  record.model_info = {{"file_type", "Q8_0"}, {"sha256", "abc"}, {"parameters", 1000}};
  return record;
}

class Folder {
 public:
  base::Result<ExportedFiles> write(const std::vector<Record>& records,
                                    Existing existing = Existing::keep) const {
    return write_every_eval_ever(path(), records, "a lab", existing);
  }
  base::Result<ImportedRecords> read() const { return read_every_eval_ever(path(), options_); }
  Json json(const fs::path& file) const {
    return base::parse_json(base::read_file(file).value(), file.string()).value();
  }
  fs::path path() const { return folder_.path() / "data"; }

 private:
  support::TempDir folder_;
  EveryEvalEverImport options_{"m", {}, {}};
};

TEST(EveryEvalEverExport, AFileHasTheMembersThatTheSchemaAsksFor) {
  const Folder folder;
  const auto written = folder.write({quiz()});
  ASSERT_TRUE(written) << written.error().message;
  ASSERT_EQ(written->paths.size(), 1U);
  EXPECT_EQ(written->paths[0].parent_path(), folder.path() / "bantam" / "org" / "tiny");
  EXPECT_THAT(
      written->paths[0].filename().string(),
      testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}.json"));
  EXPECT_EQ(folder.write({quiz()})->paths, written->paths) << "the same results have the same file";
  const Json json = folder.json(written->paths[0]);
  EXPECT_EQ(json["schema_version"], "0.3.0");
  EXPECT_EQ(json["evaluation_timestamp"], "1769860830");  // 2026-01-31 12:00:30 UTC
  EXPECT_EQ(json["retrieved_timestamp"], "1769860830");
  EXPECT_EQ(json["source_metadata"], Json({{"source_name", "bantam"},
                                           {"source_type", "evaluation_run"},
                                           {"source_organization_name", "a lab"},
                                           {"evaluator_relationship", "other"}}));
  EXPECT_EQ(json["eval_library"]["name"], "bantam");
  EXPECT_EQ(json["model_info"]["id"], "org/tiny");
  EXPECT_EQ(json["model_info"]["developer"], "org");
  EXPECT_EQ(json["model_info"]["inference_engine"], Json({{"name", "llama"}, {"version", "b1"}}));
  EXPECT_EQ(json["model_info"]["additional_details"], Json({{"deployment_type", "self_deployed"},
                                                            {"model_availability", "unknown"},
                                                            {"precision", "int8"},
                                                            {"file_type", "Q8_0"},
                                                            {"sha256", "abc"},
                                                            {"num_parameters", "1000"}}));
  ASSERT_EQ(json["evaluation_results"].size(), 2U) << "counts of items are no scores";
  const Json& acc = json["evaluation_results"][0];
  EXPECT_EQ(acc["evaluation_name"], "quiz");
  EXPECT_EQ(acc["source_data"], Json({{"dataset_name", "quiz"},
                                      {"source_type", "hf_dataset"},
                                      {"hf_repo", "org/data"},
                                      {"hf_config", "part"},
                                      {"hf_split", "test"}}));
  EXPECT_EQ(acc["metric_config"], Json({{"evaluation_description", "acc"},
                                        {"metric_id", "acc"},
                                        {"metric_name", "acc"},
                                        {"lower_is_better", false},
                                        {"score_type", "continuous"},
                                        {"min_score", 0.0},
                                        {"max_score", 1.0}}));
  EXPECT_EQ(acc["score_details"]["score"], 0.7);
  const Json& uncertainty = acc["score_details"]["uncertainty"];
  EXPECT_EQ(uncertainty["standard_error"]["value"], 0.15);
  EXPECT_EQ(uncertainty["num_samples"], 10);
  EXPECT_EQ(uncertainty["confidence_interval"]["confidence_level"], 0.95);
  EXPECT_EQ(uncertainty["confidence_interval"]["method"], "wilson");
  EXPECT_EQ(acc["generation_config"]["additional_details"]["num_fewshot"], "5");
}

// A measured cell, exported and imported: the same figures, and it says that they were imported.
TEST(EveryEvalEverExport, OfMeasuredResultsReadsBack) {
  Record filtered = support::cell("org/tiny", "int8", "sums");
  filtered.metrics["exact_match,strict-match"] = {0.25, {}, 0.1, 20};
  filtered.metrics["exact_match,flexible-extract"] = {0.5, {}, 0.1, 20};
  record::TaskFacts sums = facts_of("sums");
  sums.filters = {"strict-match", "flexible-extract"};
  sums.metrics = {"exact_match"};
  sums.config = {{"dataset_path", "/home/ada/rows"}};
  sums.generation = Json{{"until", {"\n"}}, {"temperature", 0.0}, {"max_gen_toks", 24}};
  record::set_tasks(filtered, {sums});
  const Folder folder;
  const auto written = folder.write({quiz(), filtered});
  ASSERT_TRUE(written);
  const std::string text = base::read_file(written->paths[0]).value();
  EXPECT_EQ(text.find("/home/ada"), std::string::npos);
  EXPECT_THAT(text, HasSubstr("\"max_tokens\": 24"));
  const auto imported = folder.read();
  ASSERT_TRUE(imported) << imported.error().message;
  EXPECT_THAT(imported->notes, IsEmpty());
  ASSERT_EQ(imported->records.size(), 2U);
  const Record& read = imported->records[0];
  EXPECT_TRUE(record::is_imported(read));
  EXPECT_EQ(read.model, "org/tiny");
  EXPECT_EQ(read.precision, "int8");
  EXPECT_EQ(read.finished_at, "2026-01-31T12:00:30Z");
  const Record measured = quiz();
  ASSERT_EQ(read.metrics.size(), 2U);
  for (const auto& [metric, value] : read.metrics)
    EXPECT_EQ(record::to_json(value), record::to_json(measured.metrics.at(metric))) << metric;
  EXPECT_EQ(imported->records[1].metrics.at("exact_match,strict-match").value, 0.25);
  EXPECT_EQ(imported->records[1].metrics.at("exact_match,flexible-extract").value, 0.5);
  EXPECT_EQ(imported->records[1].settings["accuracy"]["num_fewshot"], 5);
}

TEST(EveryEvalEverExport, TasksOfAGroupHaveScoresOfTheirOwnOnce) {
  Record group = quiz();
  group.task = group.cell_key = "all";
  group.subtasks = {{"one", {{"acc", {0.5, {}, 0.1, 4}}}}, {"quiz", {{"acc", {0.25, {}, 0.1, 4}}}}};
  record::set_tasks(group, {facts_of("one"), facts_of("quiz")});
  const Folder folder;
  const auto written = folder.write({group, quiz()});
  ASSERT_TRUE(written);
  std::vector<std::string> names;
  const Json json = folder.json(written->paths[0]);
  for (const Json& entry : json["evaluation_results"])
    names.push_back(entry["evaluation_name"].get<std::string>() + " " +
                    entry["metric_config"]["metric_id"].get<std::string>());
  EXPECT_THAT(names, ElementsAre("all acc", "all acc_norm", "quiz acc", "quiz acc_norm", "one acc"));
}

TEST(EveryEvalEverExport, MetricsWithoutAnEndAreNotCalledContinuous) {
  Record record = support::cell("tiny", "fp16", "text");
  record.metrics["word_perplexity"] = support::exact(12.5);
  record::set_tasks(record, {facts_of("text")});
  const Folder folder;
  const auto written = folder.write({record});
  ASSERT_TRUE(written);
  const Json config = folder.json(written->paths[0])["evaluation_results"][0]["metric_config"];
  EXPECT_EQ(config["lower_is_better"], true);
  EXPECT_FALSE(config.contains("score_type"));
  EXPECT_EQ(folder.read()->records[0].metrics.at("word_perplexity").value, 12.5);
}

Json entry(const std::string& task, double value) {
  return {{"evaluation_name", task},
          {"source_data", {{"dataset_name", task}, {"source_type", "other"}}},
          {"metric_config",
           {{"evaluation_description", "acc"},
            {"lower_is_better", false},
            {"score_type", "continuous"},
            {"min_score", 0.0},
            {"max_score", 100.0}}},
          {"score_details", {{"score", value}, {"details", {{"a", "b"}}}}},
          {"member_of_a_later_version", 7}};
}

// What was imported in the schema is what its file says, to members that are not known.
TEST(EveryEvalEverExport, WhatWasImportedComesBackEqual) {
  const Json file{
      {"schema_version", "0.3.0"},
      {"evaluation_id", "quiz/org/tiny/1"},
      {"evaluation_timestamp", "1769854800"},
      {"retrieved_timestamp", "1769954800.5"},
      {"source_metadata", {{"source_name", "a board"}, {"source_type", "documentation"}}},
      {"eval_library", {{"name", "helm"}, {"version", "1"}}},
      {"model_info", {{"name", "tiny"}, {"id", "org/tiny"}, {"additional_details", {{"dtype", "float16"}}}}},
      {"evaluation_results", {entry("a", 50.0), entry("b", 25.5)}}};
  const support::TempDir theirs;
  fs::create_directories(theirs.path() / "x");
  std::ofstream(theirs.path() / "x" / "1.json") << base::to_text(file, 4);
  const auto imported = read_every_eval_ever(theirs.path(), {"m", {}, {}});
  ASSERT_TRUE(imported) << imported.error().message;
  ASSERT_EQ(imported->records.size(), 2U);
  const Folder folder;
  const auto written = folder.write(imported->records);
  ASSERT_TRUE(written) << written.error().message;
  ASSERT_EQ(written->paths.size(), 1U);
  EXPECT_EQ(base::to_text(folder.json(written->paths[0])), base::to_text(file));
  const auto again = folder.read();
  ASSERT_TRUE(again);
  ASSERT_EQ(again->records.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(again->records[i].finished_at, imported->records[i].finished_at);
    EXPECT_EQ(again->records[i].settings, imported->records[i].settings);
    for (const auto& [metric, value] : imported->records[i].metrics)
      EXPECT_EQ(record::to_json(again->records[i].metrics.at(metric)), record::to_json(value));
  }
}

TEST(EveryEvalEverExport, WithoutAScoreThereIsNothing) {
  Record failed = quiz();
  failed.outcome = record::Outcome::failed;
  const Folder folder;
  const auto none = folder.write({failed, support::performance("tiny", "fp16", 16, 100, 0.1)});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, base::ErrorKind::bad_input);
  EXPECT_FALSE(fs::exists(folder.path()));
}

}  // namespace
}  // namespace bantam::exchange
