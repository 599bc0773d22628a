// Files as lm-evaluation-harness 0.4.13 writes them, and what becomes of damaged ones.
#include "exchange/lm_eval_import.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "exchange/lm_eval_files.hpp"
#include "exchange/python_json.hpp"
#include "support/temp_dir.hpp"

namespace bantam::exchange {
namespace {

namespace fs = std::filesystem;
using base::Json;
using record::Item;
using record::Record;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kDate = "2026-01-31T10-20-30.123456";

// A choice between two, of which the first is right.
Json sample(std::int64_t id, bool is_right) {
  const std::string better = is_right ? "-1.25" : "-3.5";
  const auto request = [](const char* text) { return Json{{"arg_0", "Say:"}, {"arg_1", text}}; };
  const Json first{better, "False"};
  const Json second{"-2.0", "False"};
  return {{"doc_id", id},
          {"doc", {{"q", "Say:"}, {"number", id}}},
          {"target", "0"},
          {"arguments", {{"gen_args_0", request(" a")}, {"gen_args_1", request(" b")}}},
          {"resps", {Json::array({first}), Json::array({second})}},
          {"filtered_resps", Json::array({first, second})},
          {"filter", "none"},
          {"metrics", {"acc"}},
          {"doc_hash", "d" + std::to_string(id)},
          {"prompt_hash", "p"},
          {"target_hash", "t"},
          {"acc", is_right ? 1.0 : 0.0}};
}

std::string lines(const std::vector<Json>& samples) {
  std::string text;
  for (const Json& one : samples) text += base::to_text(one) + "\n";
  return text;
}

Json entry(const std::string& name, double acc, std::int64_t n) {
  return {{"name", name}, {"alias", name}, {"sample_len", n}, {"acc,none", acc}, {"acc_stderr,none", 0.25}};
}

Json results(const std::string& dtype = "torch.float16") {
  Json json{{"results", {{"t", entry("t", 0.75, 4)}}},
            {"group_subtasks", Json::object()},
            {"configs",
             {{"t",
               {{"task", "t"},
                {"dataset_path", "org/data"},
                {"output_type", "multiple_choice"},
                {"metric_list", {{{"metric", "acc"}, {"aggregation", "mean"}, {"higher_is_better", true}}}},
                {"num_fewshot", 2}}}}},
            {"versions", {{"t", 1.0}}},
            {"n-shot", {{"t", 2}}},
            {"higher_is_better", {{"t", {{"acc", true}}}}},
            {"n-samples", {{"t", {{"original", 10}, {"effective", 4}}}}},
            {"config",
             {{"model", "hf"},
              {"model_args", {{"pretrained", "org/tiny"}}},
              {"model_num_parameters", 1000},
              {"model_dtype", dtype},
              {"batch_size", "8"},
              {"limit", 4.0},
              {"fewshot_seed", 1234}}},
            {"date", 1769854800.5},
            {"lm_eval_version", "0.4.13"},
            {"task_hashes", Json::object()},
            {"model_source", "hf"},
            {"model_name", "org/tiny"},
            {"model_name_sanitized", "org__tiny"},
            {"total_evaluation_time_seconds", "30.75"}};
  return json;
}

std::vector<Json> samples() {
  return {sample(0, true), sample(1, true), sample(2, false), sample(3, true)};
}

class Outputs {
 public:
  Outputs& add(const std::string& file, const std::string& content) {
    const auto path = folder_.path() / file;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << content;
    return *this;
  }
  Outputs& add_run(const Json& json, const std::vector<Json>& of_t, const std::string& date = kDate) {
    add("org__tiny/results_" + date + ".json", base::to_text(json, 2));
    if (!of_t.empty()) add("org__tiny/samples_t_" + date + ".jsonl", lines(of_t));
    return *this;
  }
  base::Result<ImportedRecords> read(LmEvalImport options = {"a machine", {}, {}}) const {
    return read_lm_eval(folder_.path(), options);
  }
  fs::path path(const std::string& file) const { return folder_.path() / file; }

 private:
  support::TempDir folder_;
};

const std::vector<Item>& items_of(const ImportedRecords& imported, const Record& record) {
  static const std::vector<Item> kNone;
  const auto found = imported.items.find(record.cell_key);
  return found == imported.items.end() ? kNone : found->second;
}

// The JSON of the only results file below, and the samples of `task`, if there are.
struct Exported {
  Json results;
  std::string samples;
  std::vector<std::string> notes;
};
Exported exported(const ImportedRecords& imported, const std::string& task) {
  const support::TempDir folder;
  const auto items = [&](const std::string& key) -> base::Result<std::vector<Item>> {
    const auto found = imported.items.find(key);
    return found == imported.items.end() ? std::vector<Item>{} : found->second;
  };
  const auto files = write_lm_eval(folder.path(), imported.records, items, Existing::keep);
  Exported read;
  if (!files) return read;
  read.notes = files->notes;
  for (const fs::path& path : files->paths) {
    const std::string text = base::read_file(path).value();
    if (path.extension() == ".json") read.results = base::parse_json(text, "results").value();
    if (path.filename().string().starts_with("samples_" + task)) read.samples = text;
  }
  return read;
}

TEST(LmEvalImport, ATaskBecomesARecordWithItsItems) {
  Outputs outputs;
  outputs.add_run(results(), samples());
  const auto imported = outputs.read();
  ASSERT_TRUE(imported) << imported.error().message;
  EXPECT_THAT(imported->notes, IsEmpty());
  ASSERT_EQ(imported->records.size(), 1U);
  const Record& record = imported->records.front();
  EXPECT_EQ(record.model, "org/tiny");
  EXPECT_EQ(record.precision, "fp16");
  EXPECT_EQ(record.task, "t");
  EXPECT_EQ(record.started_at, "2026-01-31T10:20:00Z");
  EXPECT_EQ(record.finished_at, "2026-01-31T10:20:00Z");
  const record::Value& acc = record.metrics.at("acc");
  EXPECT_EQ(acc.value, 0.75);
  EXPECT_EQ(acc.std_error, 0.25);
  EXPECT_EQ(acc.n, 4);
  ASSERT_TRUE(acc.interval);
  EXPECT_EQ(acc.interval->method, "wilson");
  const auto tasks = record::tasks(record);
  ASSERT_EQ(tasks.size(), 1U);
  EXPECT_EQ(tasks[0].num_fewshot, 2);
  EXPECT_EQ(tasks[0].rows, 10);
  EXPECT_EQ(tasks[0].items, 4);
  EXPECT_EQ(tasks[0].chance, 0.5);
  EXPECT_EQ(record.settings["accuracy"]["limit"], 4.0);
  EXPECT_EQ(record.settings["accuracy"]["num_fewshot"], 2);
  EXPECT_EQ(record.settings["seed"], 1234);
  const auto& items = items_of(*imported, record);
  ASSERT_EQ(items.size(), 4U);
  EXPECT_EQ(items[2].metrics.at("acc"), 0.0);
  EXPECT_EQ(items[2].content["log_likelihoods"], Json({-3.5, -2.0}));
  EXPECT_EQ(items[2].content["context"], "Say:");
  EXPECT_FALSE(items[2].content.contains("as_logged"));
  const auto origin = record::imported(record);
  ASSERT_TRUE(origin);
  EXPECT_EQ(origin->file, std::string("org__tiny/results_") + kDate + ".json");
  EXPECT_THAT(origin->caveats.at("precision"), HasSubstr("model_dtype"));
  EXPECT_EQ(origin->caveats.at("t"), "is over 4 of its 10 items");
}

TEST(LmEvalImport, WhatIsExportedAgainIsEqual) {
  Json json = results();
  json["member_of_a_later_version"] = {{"a", Json::array({1, nullptr})}};
  auto odd = samples();
  odd[1]["acc"] = true;      // another type
  odd[2]["extra"] = "more";  // another member
  odd[3].erase("doc");
  odd[3].erase("prompt_hash");                                 // one less
  odd[0]["filtered_resps"] = Json::array({"something", 4});    // another form
  odd[2]["arguments"]["gen_args_1"]["arg_2"] = Json::array();  // an argument that is not known
  std::swap(odd[0], odd[3]);                                   // another order
  Outputs outputs;
  outputs.add_run(json, odd);
  const auto imported = outputs.read();
  ASSERT_TRUE(imported);
  EXPECT_THAT(imported->notes, IsEmpty());
  const Exported again = exported(*imported, "t");
  EXPECT_EQ(again.samples, lines(odd));
  json["model_name"] = "org/tiny/fp16";
  json["model_name_sanitized"] = "org__tiny__fp16";
  json["task_hashes"] = again.results["task_hashes"];  // there are none without --log_samples in one go
  using Unordered = nlohmann::json;
  EXPECT_EQ(Unordered::parse(base::to_text(again.results)), Unordered::parse(base::to_text(json)));
  EXPECT_EQ(again.results["task_hashes"].size(), 1U);
}

TEST(LmEvalImport, WithoutSamplesThereAreNoItemsAndAShareHasWilsonsInterval) {
  Outputs outputs;
  outputs.add_run(results(), {});
  const auto imported = outputs.read();
  ASSERT_TRUE(imported);
  const Record& record = imported->records.front();
  EXPECT_THAT(imported->items, IsEmpty());
  EXPECT_EQ(record.metrics.at("acc").interval->method, "wilson");
  EXPECT_THAT(record::imported(record)->caveats.at("acc"), HasSubstr("without its items"));
  const Exported again = exported(*imported, "t");
  EXPECT_EQ(again.samples, "");
  EXPECT_EQ(again.results["task_hashes"], Json::object());
  EXPECT_THAT(again.notes, Contains(HasSubstr("without samples")));
}

TEST(LmEvalImport, OtherScoresKeepTheirErrorAndGetNoInterval) {
  Json json = results();
  Json& of_t = json["results"]["t"];
  of_t.erase("acc,none");
  of_t.erase("acc_stderr,none");
  of_t.update(
      Json{{"f1,none", 0.5}, {"f1_stderr,none", 0.125}, {"bleu,none", 3.0}, {"bleu_stderr,none", "N/A"}});
  Outputs outputs;
  outputs.add_run(json, {});
  const auto imported = outputs.read();
  ASSERT_TRUE(imported);
  const auto& metrics = imported->records.front().metrics;
  EXPECT_EQ(metrics.at("f1").std_error, 0.125);
  EXPECT_FALSE(metrics.at("f1").interval);
  EXPECT_FALSE(metrics.at("bleu").std_error);
}

TEST(LmEvalImport, SeveralFiltersHaveAScoreAndALineEach) {
  Json json = results();
  json["results"]["t"] = {{"alias", "t"},
                          {"sample_len", 1},
                          {"exact_match,strict-match", 0.0},
                          {"exact_match_stderr,strict-match", "N/A"},
                          {"exact_match,flexible-extract", 1.0},
                          {"exact_match_stderr,flexible-extract", "N/A"}};
  json["n-samples"]["t"] = {{"original", 1}, {"effective", 1}};
  json["configs"]["t"]["output_type"] = "generate_until";
  const auto line = [](const std::string& filter, const std::string& answer, double value) {
    return Json{{"doc_id", 0},
                {"doc", {{"q", "2+2"}}},
                {"target", "4"},
                {"arguments", {{"gen_args_0", {{"arg_0", "2+2="}, {"arg_1", {{"until", {"\n"}}}}}}}},
                {"resps", Json::array({Json::array({" is 4"})})},
                {"filtered_resps", {answer}},
                {"filter", filter},
                {"metrics", {"exact_match"}},
                {"doc_hash", "d"},
                {"prompt_hash", "p"},
                {"target_hash", "t"},
                {"exact_match", value}};
  };
  const std::vector<Json> both{line("strict-match", "[invalid]", 0.0), line("flexible-extract", "4", 1.0)};
  json["task_hashes"] = {{"t", base::sha256("dptdpt")}};
  Outputs outputs;
  outputs.add_run(json, both);
  const auto imported = outputs.read();
  ASSERT_TRUE(imported);
  EXPECT_THAT(imported->notes, IsEmpty());
  const Record& record = imported->records.front();
  EXPECT_EQ(record.metrics.at("exact_match,flexible-extract").value, 1.0);
  EXPECT_EQ(record.metrics.at("empty").value, 0.0);
  const auto& items = items_of(*imported, record);
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0].metrics.at("exact_match,strict-match"), 0.0);
  EXPECT_EQ(items[0].content["resps"], Json({" is 4"}));
  const Exported again = exported(*imported, "t");
  EXPECT_EQ(again.samples, lines(both));
  EXPECT_EQ(again.results["task_hashes"], json["task_hashes"]);
}

TEST(LmEvalImport, FilesOfEarlierVersionsTellLess) {
  Json json = results();
  json["results"]["t"] = {{"acc,first", 0.75}, {"acc_stderr,first", 0.25}, {"alias", "t"}};
  json["group_subtasks"] = {{"t", Json::array()}};
  json["versions"]["t"] = "Yaml";
  for (const char* key : {"n-samples", "task_hashes", "higher_is_better", "model_source", "lm_eval_version",
                          "total_evaluation_time_seconds", "model_name_sanitized"})
    json.erase(key);
  auto early = samples();
  for (Json& one : early) {
    for (const char* key : {"filter", "metrics", "doc_hash", "prompt_hash", "target_hash"}) one.erase(key);
  }
  Outputs outputs;
  outputs.add_run(json, early);
  const auto imported = outputs.read();
  ASSERT_TRUE(imported);
  EXPECT_THAT(imported->notes, IsEmpty());
  const Record& record = imported->records.front();
  EXPECT_EQ(record.metrics.at("acc").n, 4);
  EXPECT_EQ(items_of(*imported, record).size(), 4U);
  const Exported again = exported(*imported, "t");
  EXPECT_EQ(again.samples, lines(early));
  for (const char* table : {"results", "group_subtasks", "versions", "n-shot", "configs"})
    EXPECT_EQ(base::to_text(again.results[table]), base::to_text(json[table])) << table;
}

Json group_results() {
  Json json = results();
  json["results"] = {{"one", entry("one", 0.75, 4)},
                     {"two", entry("two", 0.5, 4)},
                     {"alone", entry("alone", 0.25, 4)},
                     {"inner", entry("inner", 0.625, 8)},
                     {"all", entry("all", 0.625, 8)}};
  json["groups"] = {{"inner", json["results"]["inner"]}, {"all", json["results"]["all"]}};
  json["group_subtasks"] = {{"all", {"inner"}}, {"inner", {"one", "two"}}};
  for (const char* name : {"one", "two", "alone"}) {
    json["configs"][name] = json["configs"]["t"];
    json["n-samples"][name] = {{"original", 4}, {"effective", 4}};
    json["n-shot"][name] = 2;
  }
  json["versions"]["all"] = 2;
  for (const char* table : {"configs", "versions", "n-shot", "higher_is_better", "n-samples"})
    json[table].erase("t");
  return json;
}

TEST(LmEvalImport, GroupsHoldTheirTasks) {
  Outputs outputs;
  outputs.add_run(group_results(), {});
  const auto imported = outputs.read();
  ASSERT_TRUE(imported);
  ASSERT_EQ(imported->records.size(), 2U);
  const Record& group = imported->records[0];
  EXPECT_EQ(group.task, "all");
  EXPECT_EQ(imported->records[1].task, "alone");
  EXPECT_EQ(group.subtasks.at("two").at("acc").value, 0.5);
  EXPECT_EQ(group.metrics.at("acc").n, 8);
  EXPECT_EQ(group.metrics.at("acc").interval->method, "wilson");
  const auto groups = record::groups(group);
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0].name, "all");
  EXPECT_EQ(groups[0].version, "2");
  EXPECT_THAT(groups[1].parts, ElementsAre("one", "two"));
  EXPECT_EQ(groups[1].metrics.at("acc").value, 0.625);
  const Json again = exported(*imported, "none").results;
  using Unordered = nlohmann::json;
  const auto whole = [](const Json& json) { return Unordered::parse(base::to_text(json)); };
  for (const char* table :
       {"results", "groups", "group_subtasks", "configs", "versions", "n-shot", "n-samples"})
    EXPECT_EQ(whole(again[table]), whole(group_results()[table])) << table;
}

TEST(LmEvalImport, GroupsThatHoldEachOtherAreNamed) {
  Json json = group_results();
  json["group_subtasks"] = {{"all", {"inner", "all"}}, {"inner", {"all", "one"}}};
  Outputs outputs;
  outputs.add_run(json, {});
  const auto imported = outputs.read();
  ASSERT_TRUE(imported);
  EXPECT_THAT(imported->notes, Contains(HasSubstr("all is left out: it is a group within itself")));
  EXPECT_EQ(imported->records.size(), 3U);  // one, two, alone
}

TEST(LmEvalImport, SamplesThatAreNotThoseOfTheResultsAreLeftOutByName) {
  const auto left_out = [](const Json& json, const std::string& text) {
    Outputs outputs;
    outputs.add_run(json, {}).add(std::string("org__tiny/samples_t_") + kDate + ".jsonl", text);
    const auto imported = outputs.read();
    if (!imported || imported->records.size() != 1 || !imported->items.empty())
      return std::string("imported");
    if (imported->records[0].metrics.at("acc").value != 0.75) return std::string("another score");
    return imported->notes.empty() ? std::string() : imported->notes.front();
  };
  auto few = samples();
  few.pop_back();
  EXPECT_THAT(left_out(results(), lines(few)), HasSubstr("holds 3 items, and the results are of 4"));
  auto other = samples();
  other[0] = sample(0, false);
  EXPECT_THAT(left_out(results(), lines(other)), HasSubstr("acc of the items is 0.5, of the results 0.75"));
  auto twice = samples();
  twice[3]["doc_id"] = 2;
  EXPECT_THAT(left_out(results(), lines(twice)), HasSubstr("line 4 is of item 2, which was there"));
  std::string half = lines(samples());
  half.resize(half.size() - 40);
  EXPECT_THAT(left_out(results(), half), HasSubstr("line 4 is no whole JSON"));
  auto nameless = samples();
  nameless[1]["doc_id"] = "1";
  EXPECT_THAT(left_out(results(), lines(nameless)), HasSubstr("line 2 is no sample"));
  auto filtered = samples();
  filtered[1]["filter"] = "strict";
  EXPECT_THAT(left_out(results(), lines(filtered)),
              HasSubstr("filter that the results do not know: 'strict'"));
  Json hashed = results();
  hashed["task_hashes"]["t"] = std::string(64, '0');
  EXPECT_THAT(left_out(hashed, lines(samples())), HasSubstr("hash"));
  EXPECT_THAT(left_out(results(), "\n\n"), HasSubstr("holds no sample"));
}

TEST(LmEvalImport, NumbersOfItemsThatDisagreeDoNotCount) {
  Json json = results();
  json["n-samples"]["t"]["effective"] = 7;
  Outputs outputs;
  outputs.add_run(json, {});
  const auto imported = outputs.read();
  ASSERT_TRUE(imported);
  EXPECT_THAT(imported->notes, Contains(HasSubstr("7 samples by n-samples and 4 by sample_len")));
  EXPECT_FALSE(imported->records[0].metrics.at("acc").n);
  EXPECT_FALSE(imported->records[0].metrics.at("acc").interval);
}

TEST(LmEvalImport, WhatIsNoNumberIsNoScore) {
  Json json = results();
  Json& of_t = json["results"]["t"];
  of_t["acc,none"] = 61.5;
  of_t["acc_norm,none"] = "0.5";
  of_t["perplexity,none"] = 12.5;
  Outputs outputs;
  std::string text = base::to_text(json);
  text.replace(text.find("12.5"), 4, "Infinity");
  outputs.add("results_" + std::string(kDate) + ".json", text);
  const auto imported = outputs.read();
  ASSERT_TRUE(imported) << imported.error().message;
  const Record& record = imported->records.front();
  EXPECT_EQ(record.outcome, record::Outcome::failed);
  EXPECT_THAT(record.metrics, IsEmpty());
  EXPECT_THAT(record.absent.at("acc"), HasSubstr("61.5"));
  EXPECT_THAT(record.absent.at("acc_norm"), HasSubstr("no number"));
  EXPECT_THAT(record.absent.at("perplexity"), HasSubstr("not finite"));
  EXPECT_THAT(imported->notes, Contains(HasSubstr("t has no perplexity: it is not finite")));
}

std::string object_of(int members) {
  std::string text = "{";
  for (int i = 0; i < members; ++i) text += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":0";
  return text + "}";
}

TEST(LmEvalImport, FilesThatCannotBeUsedAreNamed) {
  Outputs outputs;
  Json nameless = results();
  nameless["config"]["model_args"] = "base_url=x";
  nameless["model_name"] = "brave-otter";
  Json untold = results("");
  Json unscored = results();
  unscored["results"]["t"] = {{"alias", "t"}, {"acc", 0.5}};
  Json kind = results();
  kind["results"] = {{"energy", entry("energy", 0.5, 4)}};
  outputs.add_run(results(), {})
      .add("half.json", base::to_text(results()).substr(0, 200))
      .add("other.json", R"({"hello": 1})")
      .add("list.json", "[1, 2]")
      .add("huge.json", R"({"results": {"t": {"acc,none": 1e999}}, "config": {}})")
      .add("nameless.json", base::to_text(nameless))
      .add("untold.json", base::to_text(untold))
      .add("unscored.json", base::to_text(unscored))
      .add("kind.json", base::to_text(kind))
      .add("wide.json", object_of(4097))
      .add("samples_gone_2025-01-01T00-00-00.000000.jsonl", "{}");
  fs::create_symlink(outputs.path("half.json"), outputs.path("link.json"));
  const auto imported = outputs.read();
  ASSERT_TRUE(imported);
  EXPECT_EQ(imported->records.size(), 1U);
  for (const char* part :
       {"half.json is left out: it is no whole JSON", "other.json is left out: it is no results file",
        "list.json is left out: it is no results file", "huge.json is left out: it is no whole JSON",
        "nameless.json is left out: its model_args name no model", "--model NAME",
        "untold.json is left out: it does not tell the precision; say it with --precision P",
        "unscored.json is left out", "kind.json: energy is left out", "link.json is left out: it is a link",
        "wide.json is left out: it has an object of more than 4096 members", "samples_gone"})
    EXPECT_THAT(imported->notes, Contains(HasSubstr(part))) << part;
}

TEST(LmEvalImport, WhatIsSaidCountsForASingleFileAndFillsInInAFolder) {
  Outputs outputs;
  outputs.add_run(results(""), {})
      .add("other/results_2026-02-01T00-00-00.000000.json", base::to_text(results()));
  const auto folder = outputs.read({"m", {}, "int4"});
  ASSERT_TRUE(folder);
  std::set<std::string> precisions;
  for (const Record& record : folder->records) precisions.insert(record.precision);
  EXPECT_THAT(precisions, ElementsAre("fp16", "int4"));
  const LmEvalImport options{"m", "mine", "int4"};
  const auto file = read_lm_eval(outputs.path("other/results_2026-02-01T00-00-00.000000.json"), options);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->records[0].precision, "int4");
  EXPECT_EQ(file->records[0].model, "mine");
  EXPECT_THAT(file->notes, Contains(HasSubstr("says fp16: it is taken as int4, as --precision says")));
}

TEST(LmEvalImport, OfTwoFilesOfOneConfigurationTheNewerCounts) {
  Json newer = results();
  newer["date"] = 1769941200.0;
  newer["results"]["t"]["acc,none"] = 0.5;
  Outputs outputs;
  auto two_right = samples();
  two_right[0] = sample(0, false);
  outputs.add_run(results(), samples()).add_run(newer, two_right, "2026-02-01T10-20-30.000000");
  const auto imported = outputs.read();
  ASSERT_TRUE(imported);
  ASSERT_EQ(imported->records.size(), 1U);
  EXPECT_EQ(imported->records[0].metrics.at("acc").value, 0.5);
  EXPECT_EQ(imported->items.size(), 1U);
  EXPECT_EQ(items_of(*imported, imported->records[0])[0].metrics.at("acc"), 0.0);
  EXPECT_THAT(imported->notes, Contains(HasSubstr("the newer counts, org__tiny/results_2026-02-01")));
}

TEST(LmEvalImport, ModelsWhosePathsEndAlikeStayApartAndKeepTheirKeys) {
  const auto at = [](const std::string& path) {
    Json json = results();
    json["config"]["model_args"]["pretrained"] = path;
    json["model_name"] = path;
    return base::to_text(json);
  };
  Outputs outputs;
  outputs.add("1/results_1.json", at("/home/me/a/ckpt/"));
  const auto alone = outputs.read();
  ASSERT_TRUE(alone);
  EXPECT_EQ(alone->records[0].model, "ckpt");
  outputs.add("2/results_1.json", at("/home/me/b/ckpt"));
  const auto imported = outputs.read();
  ASSERT_TRUE(imported);
  EXPECT_THAT(imported->notes, IsEmpty());
  ASSERT_EQ(imported->records.size(), 2U);
  EXPECT_EQ(imported->records[0].model, "a/ckpt");
  EXPECT_EQ(imported->records[1].model, "b/ckpt");
  EXPECT_EQ(imported->records[0].cell_key, alone->records[0].cell_key);
  EXPECT_NE(imported->records[1].cell_key, alone->records[0].cell_key);
}

TEST(LmEvalImport, OfTwoFilesOfOneTimeTheFirstCounts) {
  Json other = results();
  other["results"]["t"]["acc,none"] = 0.5;
  Outputs outputs;
  outputs.add("a/results_1.json", base::to_text(results())).add("b/results_1.json", base::to_text(other));
  const auto imported = outputs.read();
  ASSERT_TRUE(imported);
  ASSERT_EQ(imported->records.size(), 1U);
  EXPECT_EQ(imported->records[0].metrics.at("acc").value, 0.75);
  EXPECT_THAT(
      imported->notes,
      Contains(HasSubstr("org/tiny fp16: they have the same time; the first counts, a/results_1.json")));
}

TEST(LmEvalImport, NothingAndNothingUsableAreRefused) {
  const support::TempDir folder;
  const LmEvalImport options{"m", {}, {}};
  EXPECT_EQ(read_lm_eval(folder.path(), options).error().kind, base::ErrorKind::bad_input);
  EXPECT_EQ(read_lm_eval(folder.path() / "none", options).error().kind, base::ErrorKind::usage);
  std::ofstream(folder.path() / "half.json") << R"({"results": )";
  const auto half = read_lm_eval(folder.path() / "half.json", options);
  ASSERT_FALSE(half);
  EXPECT_EQ(half.error().kind, base::ErrorKind::bad_input);
  EXPECT_THAT(half.error().hint, HasSubstr("no whole JSON"));
}

TEST(LmEvalImport, KeysFollowFromContentAndFromSamples) {
  Outputs outputs;
  outputs.add_run(results(), {});
  const std::string alone = outputs.read()->records[0].cell_key;
  EXPECT_EQ(outputs.read()->records[0].cell_key, alone);
  outputs.add_run(results(), samples());
  EXPECT_NE(outputs.read()->records[0].cell_key, alone);
}

TEST(LmEvalImport, NamesThatDeceiveShowInNotes) {
  Json json = results();
  json["results"]["evil\x1b[2J\u202e"] = {{"alias", "x"}};
  Outputs outputs;
  outputs.add_run(json, {});
  const auto imported = outputs.read();
  ASSERT_TRUE(imported);
  ASSERT_EQ(imported->notes.size(), 1U);
  EXPECT_EQ(imported->notes[0].find('\x1b'), std::string::npos);
  EXPECT_EQ(imported->notes[0].find("\u202e"), std::string::npos);
}

TEST(LmEvalImport, MembersOfOtherTypesHarmNothing) {
  Outputs outputs;
  outputs.add_run(results(), {});
  const auto with = [&](const char* key, Json value) {
    Json json = results();
    json[key] = std::move(value);
    outputs.add("odd.json", base::to_text(json));
    return outputs.read().has_value();
  };
  for (const char* key : {"results", "group_subtasks", "configs", "versions", "n-shot", "higher_is_better",
                          "n-samples", "config", "date", "task_hashes", "model_source", "model_name",
                          "chat_template", "total_evaluation_time_seconds", "lm_eval_version"}) {
    for (const Json& value : {Json(nullptr), Json(7), Json("text"), Json::array({1}), Json{{"t", 1}},
                              Json{{"t", {{"a", 1}}}}, Json{{"t", Json::array({"t", 5})}}})
      EXPECT_TRUE(with(key, value)) << key << " " << value;
  }
}

TEST(PythonJson, NumbersThatAreNotFiniteAreNullAndCounted) {
  const auto read =
      parse_python_json(R"({"a": NaN, "b": [-Infinity, Infinity, 1], "NaN": "NaN \"Infinity"})");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->not_finite, 3);
  EXPECT_EQ(base::to_text(read->json), R"({"a":null,"b":[null,null,1],"NaN":"NaN \"Infinity"})");
  EXPECT_FALSE(parse_python_json("{\"a\": Nan}"));
  EXPECT_FALSE(parse_python_json("{\"a\": \"half"));
}

TEST(PythonJson, ObjectsOfVeryManyMembersAreRefused) {
  EXPECT_TRUE(parse_python_json(object_of(4096)));
  const auto refused = parse_python_json(object_of(4097));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), "has an object of more than 4096 members");
}

}  // namespace
}  // namespace bantam::exchange
