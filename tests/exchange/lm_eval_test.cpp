// The forms are those of lm-evaluation-harness 0.4.13: its names, its nesting, its texts of numbers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "exchange/lm_eval_files.hpp"
#include "exchange/lm_eval_results.hpp"
#include "exchange/lm_eval_samples.hpp"
#include "exchange/lm_eval_task.hpp"
#include "support/temp_dir.hpp"

namespace bantam::exchange {
namespace {

using base::Json;
using record::Item;
using record::Record;
using testing::ElementsAre;
using testing::HasSubstr;

Json task_facts(const std::string& name, int shots = 0) {
  return {{"name", name},
          {"output_type", "multiple_choice"},
          {"num_fewshot", shots},
          {"version", 1.0},
          {"config", {{"task", name}, {"task_alias", "the " + name}, {"doc_to_text", "{{q}}"}}},
          {"filters", {"none"}},
          {"metrics", {"acc"}},
          {"items", 2},
          {"rows", 10}};
}

Record task_record(const std::string& task) {
  Record record;
  record.cell_key = task;
  record.model = "org/model";
  record.precision = "int4";
  record.task = task;
  record.started_at = "2026-01-31T10:20:00Z";
  record.finished_at = "2026-01-31T10:20:30Z";
  record.metrics["acc"] = {0.5, {}, 0.25, 2};
  record.task_info = {{"tasks", Json::array({task_facts(task)})}};
  record.settings = {{"accuracy", {{"batch_size", 16}}}, {"seed", 1234}};
  record.engine = Json::object();
  return record;
}

// all: [inner: [one, two], three]; `all` has no score of its own.
Record group_record() {
  Record record = task_record("all");
  record.metrics.clear();
  record.task_info["tasks"] = {task_facts("one", 5), task_facts("two", 5), task_facts("three", 0)};
  for (const char* leaf : {"one", "two", "three"}) record.subtasks[leaf]["acc"] = {0.5, {}, 0.25, 2};
  record.task_info["groups"] = {
      {{"name", "all"}, {"alias", "All"}, {"parts", {"inner", "three"}}, {"metrics", Json::object()}},
      {{"name", "inner"},
       {"alias", "Inner"},
       {"version", "2"},
       {"parts", {"one", "two"}},
       {"metrics", {{"acc", {{"value", 0.5}, {"stderr", 0.125}}}, {"acc_macro", {{"value", 0.5}}}}}}};
  return record;
}

analyze::Configuration configuration_of(const std::vector<Record>& records) {
  analyze::Configuration configuration{"org/model", "int4", {}};
  for (const Record& record : records) configuration.cells[record.task] = record;
  return configuration;
}

record::TaskFacts asked_for(const std::string& output_type, std::vector<std::string> metrics) {
  record::TaskFacts task;
  task.name = "t";
  task.output_type = output_type;
  task.filters = {"none"};
  task.metrics = std::move(metrics);
  return task;
}

Item choice_item(const std::string& task, std::int64_t id) {
  Item item;
  item.task = task;
  item.doc_id = id;
  item.content = {{"doc", {{"q", "Say"}}},
                  {"target", 1},
                  {"doc_hash", "d"},
                  {"prompt_hash", "p"},
                  {"target_hash", "t"},
                  {"context", "Say"},
                  {"continuations", {" a", " b"}},
                  {"log_likelihoods", {-1.5, -1.5}},
                  {"is_greedy", {true, false}},
                  {"gold", 1},
                  {"predicted", 0}};
  item.metrics["acc"] = 0.0;
  return item;
}

std::vector<std::string> keys_of(const Json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

TEST(LmEvalNames, NoNameLeavesItsFolder) {
  EXPECT_EQ(sanitized("org/model"), "org__model");
  EXPECT_EQ(sanitized("a<>:\"/|\\?*[]b"), "a__b");
  EXPECT_EQ(sanitized("../../etc/x"), "..__..__etc__x");
  EXPECT_EQ(sanitized(".."), "__");
  EXPECT_EQ(sanitized(""), "__");
  EXPECT_EQ(file_date("2026-01-31T10:20:30Z"), "2026-01-31T10-20-30.000000");
}

TEST(LmEvalResults, OfATask) {
  const Json json = results_json(configuration_of({task_record("t")}), {{"t", "hash"}});
  EXPECT_EQ(json["results"]["t"], Json({{"name", "t"},
                                        {"alias", "the t"},
                                        {"sample_len", 2},
                                        {"acc,none", 0.5},
                                        {"acc_stderr,none", 0.25}}));
  EXPECT_EQ(json["n-samples"]["t"], Json({{"original", 10}, {"effective", 2}}));
  EXPECT_EQ(json["higher_is_better"]["t"], Json({{"acc", true}}));
  EXPECT_EQ(json["task_hashes"], Json({{"t", "hash"}}));
  EXPECT_EQ(json["date"], 1769854800.0);  // 2026-01-31 10:20:00 UTC
  EXPECT_EQ(json["total_evaluation_time_seconds"], "30.0");
  EXPECT_EQ(json["config"]["batch_size"], "16");
  EXPECT_EQ(json["model_name"], json["config"]["model_args"]["pretrained"]);
  EXPECT_EQ(json["model_name_sanitized"], "org__model__int4");
  EXPECT_FALSE(json.contains("groups"));
  EXPECT_EQ(json["group_subtasks"], Json::object());
}

TEST(LmEvalResults, GroupsKeepTheirNestingAndOnlyScoredOnesAreListed) {
  const Json json = results_json(configuration_of({group_record()}), {});
  EXPECT_EQ(json["group_subtasks"], Json({{"inner", {"one", "two"}}, {"all", {"inner", "three"}}}));
  EXPECT_THAT(keys_of(json["results"]), ElementsAre("one", "two", "three", "inner", "all"));
  EXPECT_EQ(json["results"]["all"], Json({{"alias", "All"}, {"name", "all"}}));
  const Json inner{{"alias", "Inner"}, {"name", "inner"},          {"sample_len", 4},
                   {"acc,none", 0.5},  {"acc_stderr,none", 0.125}, {"sample_count", {{"acc,none", 4}}}};
  EXPECT_EQ(json["groups"], Json({{"inner", inner}}));
  EXPECT_EQ(json["versions"]["inner"], "2");
  EXPECT_EQ(json["versions"]["all"], "N/A");
  EXPECT_EQ(json["n-shot"], Json({{"inner", 5}, {"one", 5}, {"three", 0}, {"two", 5}}));
  EXPECT_EQ(json["higher_is_better"]["all"], Json({{"acc", true}}));
}

TEST(LmEvalResults, ATaskOfTwoRecordsIsTheNewest) {
  Record alone = task_record("one");
  alone.metrics["acc"].value = 1.0;
  alone.finished_at = "2026-02-01T00:00:00Z";
  const auto configuration = configuration_of({group_record(), alone});
  const Json json = results_json(configuration, {});
  EXPECT_EQ(json["results"]["one"]["acc,none"], 1.0);
  EXPECT_EQ(leaf_tasks(configuration).size(), 3U);
  EXPECT_EQ(newest_date(configuration), "2026-02-01T00-00-00.000000");
}

TEST(LmEvalResults, TheFilterOfATaskNamesItsGroupsScore) {
  Record record = group_record();
  for (Json& facts : record.task_info["tasks"]) facts["filters"] = {"last-number"};
  const Json json = results_json(configuration_of({record}), {});
  EXPECT_TRUE(json["groups"]["inner"].contains("acc,last-number"));
}

TEST(LmEvalResults, TokenizerIsLeftOutUntilItIsKnown) {
  Record record = task_record("t");
  EXPECT_FALSE(results_json(configuration_of({record}), {}).contains("tokenizer_bos_token"));
  record.engine["special_tokens"] = {{"eos", {{"id", 2}, {"text", "</s>"}}}};
  record.model_info = {{"context_train", 2048}};
  const Json json = results_json(configuration_of({record}), {});
  EXPECT_EQ(json["tokenizer_eos_token"], Json({"</s>", "2"}));
  EXPECT_EQ(json["tokenizer_pad_token"], Json({nullptr, "None"}));
  EXPECT_EQ(json["eot_token_id"], 2);
  EXPECT_EQ(json["max_length"], 2048);
}

TEST(LmEvalResults, ChatTemplateAndSystemMessageComeWithTheirHashes) {
  Record record = task_record("t");
  record.engine["chat_template"] = "{{ messages }}";
  Json json = results_json(configuration_of({record}), {});
  EXPECT_TRUE(json["chat_template"].is_null());  // was not applied
  EXPECT_TRUE(json["fewshot_as_multiturn"].is_null());
  record.settings["accuracy"].update(Json{
      {"apply_chat_template", true}, {"fewshot_as_multiturn", false}, {"system_instruction", "Be brief."}});
  json = results_json(configuration_of({record}), {});
  EXPECT_EQ(json["chat_template"], "{{ messages }}");
  EXPECT_EQ(json["chat_template_sha"], base::sha256("{{ messages }}"));
  EXPECT_EQ(json["system_instruction_sha"], base::sha256("Be brief."));
  EXPECT_EQ(json["fewshot_as_multiturn"], false);
}

TEST(LmEvalResults, ConfigsAreWholeAndWithoutCredentials) {
  Record record = task_record("t");
  Json& config = record.task_info["tasks"][0]["config"];
  config["dataset_kwargs"] = {{"data_dir", "d"}, {"token", "hf_secret"}, {"storage_options", {{"key", "k"}}}};
  config["process_docs"] = {{"!function", "utils.process_docs"}};
  config["fewshot_split"] = "dev";
  config["own_key"] = 7;
  const Json json = results_json(configuration_of({record}), {});
  EXPECT_EQ(base::to_text(json).find("hf_secret"), std::string::npos);
  const Json& written = json["configs"]["t"];
  EXPECT_EQ(written["dataset_kwargs"], Json({{"data_dir", "d"}}));
  EXPECT_EQ(written["process_docs"], "!function utils.process_docs");
  EXPECT_EQ(written["metric_list"], Json({{{"metric", "acc"}, {"higher_is_better", true}}}));
  EXPECT_EQ(written["fewshot_config"]["split"], "dev");
  EXPECT_EQ(written["fewshot_config"]["doc_to_text"], "{{q}}");
  EXPECT_EQ(written["target_delimiter"], " ");
  EXPECT_EQ(written["own_key"], 7);
}

TEST(LmEvalSamples, RequestsAndAnswersStandSideBySide) {
  Item item = choice_item("t", 3);
  item.content["unconditional_log_likelihoods"] = {-10.0, -11.25};
  item.content["unconditional_is_greedy"] = {false, false};
  const record::TaskFacts task = asked_for("multiple_choice", {"acc", "brier_score", "f1", "acc_norm"});
  const Json sample = sample_json(task, item, "none");
  EXPECT_THAT(keys_of(sample["arguments"]),
              ElementsAre("gen_args_0", "gen_args_1", "gen_args_2", "gen_args_3"));
  EXPECT_EQ(sample["arguments"]["gen_args_1"], Json({{"arg_0", "Say"}, {"arg_1", " b"}}));
  EXPECT_EQ(sample["arguments"]["gen_args_3"], Json({{"arg_0", ""}, {"arg_1", " b"}}));
  EXPECT_EQ(base::to_text(sample["resps"]),
            R"([[["-1.5","True"]],[["-1.5","False"]],[["-10.0","False"]],[["-11.25","False"]]])");
  EXPECT_EQ(sample["filtered_resps"][3], Json({"-11.25", "False"}));
  EXPECT_EQ(sample["target"], "1");
  EXPECT_EQ(sample["brier_score"], Json({1, "[0.50000000 0.50000000]"}));
  EXPECT_EQ(sample["f1"], Json({1, 0}));
  EXPECT_TRUE(sample["acc_norm"].is_null());
  EXPECT_EQ(sample["metrics"], Json({"acc", "brier_score", "f1"}));
}

TEST(LmEvalSamples, MembersOfOtherTypesHarmNothing) {
  const record::TaskFacts task = asked_for("multiple_choice", {"acc", "brier_score", "f1"});
  for (const char* key :
       {"contexts", "continuations", "log_likelihoods", "is_greedy", "unconditional_log_likelihoods",
        "unconditional_is_greedy", "gold", "predicted", "doc", "target", "as_logged", "place"}) {
    for (const Json& value : {Json(nullptr), Json(7), Json("text"), Json{{"a", 1}},
                              Json::array({"x", nullptr}), Json{{"none", Json::array({1})}}}) {
      Item item = choice_item("t", 0);
      item.content[key] = value;
      EXPECT_THAT(sample_lines(task, {item}).text, HasSubstr("doc_id")) << key << " " << value;
    }
  }
  Item item = choice_item("t", 0);
  item.content["log_likelihoods"] = {-1.5, "-2.5"};
  item.content["is_greedy"] = {nullptr, true};
  item.content.erase("gold");
  const Json sample = sample_json(task, item, "none");
  EXPECT_EQ(base::to_text(sample["filtered_resps"]), R"([["-1.5",null],[null,"True"]])");
  EXPECT_TRUE(sample["brier_score"].is_null());
  EXPECT_TRUE(sample["f1"].is_null());
}

TEST(LmEvalSamples, OfALastWord) {
  Item item = choice_item("t", 0);
  item.content["continuations"] = {" word"};
  item.content["log_likelihoods"] = {-2.5};
  item.content["is_greedy"] = {true};
  item.metrics = {{"acc", 1.0}, {"perplexity", 12.18}};
  const record::TaskFacts task = asked_for("loglikelihood", {"perplexity", "acc"});
  const Json sample = sample_json(task, item, "none");
  EXPECT_EQ(sample["perplexity"], -2.5);  // what lm-eval's aggregation takes
  EXPECT_EQ(base::to_text(sample["acc"]), "1");
}

TEST(LmEvalSamples, TextsKeepEverySign) {
  Item item = choice_item("t", 0);
  item.content["context"] = "line\nbreak \"quoted\" \\ \u2028 \xF0\x9F\x90\x94 \x01 \xFF";
  const record::TaskFacts task = asked_for("multiple_choice", {"acc"});
  const SampleLines lines = sample_lines(task, {item});
  EXPECT_EQ(std::ranges::count(lines.text, '\n'), 1);
  const auto read = base::parse_json(lines.text, "sample");
  ASSERT_TRUE(read);
  EXPECT_EQ((*read)["arguments"]["gen_args_0"]["arg_0"],
            "line\nbreak \"quoted\" \\ \u2028 \xF0\x9F\x90\x94 \x01 \uFFFD");
  EXPECT_EQ(lines.hash, base::sha256("dpt"));
}

class LmEvalFiles : public testing::Test {
 protected:
  base::Result<ExportedFiles> write(const std::vector<Record>& records, Existing existing = Existing::keep) {
    return write_lm_eval(
        folder_.path(), records,
        [](const std::string& key) -> base::Result<std::vector<Item>> {
          return std::vector<Item>{choice_item(key, 0), choice_item(key, 1)};
        },
        existing);
  }

  support::TempDir folder_;
};

TEST_F(LmEvalFiles, WhatIsThereIsKept) {
  const auto first = write({task_record("t")});
  ASSERT_TRUE(first);
  const auto folder = folder_.path() / "org__model__int4";
  EXPECT_THAT(first->paths, ElementsAre(folder / "samples_t_2026-01-31T10-20-30.000000.jsonl",
                                        folder / "results_2026-01-31T10-20-30.000000.json"));
  EXPECT_TRUE(write({task_record("t")}));  // the same results

  Record other = task_record("t");
  other.metrics["acc"].value = 0.75;
  const std::string before = base::read_file(first->paths.back()).value();
  const auto refused = write({other});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, base::ErrorKind::usage);
  EXPECT_THAT(refused.error().message, HasSubstr("results_2026-01-31T10-20-30.000000.json"));
  EXPECT_EQ(base::read_file(first->paths.back()).value(), before);
  ASSERT_TRUE(write({other}, Existing::replace));
  EXPECT_NE(base::read_file(first->paths.back()).value(), before);
}

TEST_F(LmEvalFiles, ItemsThatAreHashesGiveNoSamples) {
  const auto hashed = [](const std::string& key) -> base::Result<std::vector<Item>> {
    Item item = choice_item(key, 0);
    item.content = {{"sha256", base::sha256(base::to_text(item.content))}};
    return std::vector<Item>{item};
  };
  const auto written = write_lm_eval(folder_.path(), {task_record("t")}, hashed, Existing::keep);
  ASSERT_TRUE(written);
  ASSERT_EQ(written->paths.size(), 1U);
  EXPECT_EQ(written->paths[0].filename(), "results_2026-01-31T10-20-30.000000.json");
  EXPECT_THAT(written->notes, ElementsAre("t: its items are hashes of their texts"));
  const std::string text = base::read_file(written->paths[0]).value();
  const Json results = base::parse_json(text, "results").value();
  EXPECT_EQ(results["task_hashes"], Json::object());
}

TEST_F(LmEvalFiles, TaskNamesDoNotLeadOutOfTheFolder) {
  const auto written = write({task_record("../../t")});
  ASSERT_TRUE(written);
  for (const auto& path : written->paths) EXPECT_EQ(path.parent_path(), folder_.path() / "org__model__int4");
  for (const auto& path : written->paths) EXPECT_TRUE(std::filesystem::exists(path)) << path;
}

TEST_F(LmEvalFiles, NamesThatBecomeOneAreRefused) {
  Record twin = task_record("t");
  twin.model = "org:model";
  const auto refused = write({task_record("t"), twin});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("org__model__int4"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
  EXPECT_FALSE(write({task_record("a/b"), task_record("a:b")}));
}

}  // namespace
}  // namespace bantam::exchange
