#include "report/files.hpp"

#include <gtest/gtest.h>

#include "base/files.hpp"
#include "report/analysis_json.hpp"
#include "report/analysis_page.hpp"
#include "report/sample_analysis.hpp"
#include "support/temp_dir.hpp"

namespace bantam::report {
namespace {

using base::Json;
using record::Trial;

Json json_in(const std::filesystem::path& path) {
  const auto text = base::read_file(path);
  EXPECT_TRUE(text) << path;
  return base::parse_json(*text, path.string()).value();
}

Trial trial(std::int64_t index) {
  Trial trial;
  trial.scenario = "single_stream";
  trial.index = index;
  trial.streams.push_back({3, 0, 500, {1000, 2000, 3000}, "ab", "length"});
  return trial;
}

TEST(result_files, hold_the_analysis_whole_records_and_raw_trials) {
  const support::TempDir folder;
  const TrialSource trials = [](const std::string& key,
                                std::int64_t attempt) -> base::Result<std::vector<Trial>> {
    EXPECT_EQ(attempt, 1);
    if (key != "nano/fp16/performance") return std::vector<Trial>{};
    return std::vector<Trial>{trial(0), trial(1)};
  };
  ASSERT_TRUE(write_result_files(folder.path() / "made", sample_analysis(), trials));
  EXPECT_EQ(base::read_file(folder.path() / "made" / "results_table.csv"), results_csv(sample_analysis()));
  EXPECT_EQ(base::read_file(folder.path() / "made" / "quantization_impact.csv"),
            impact_csv(sample_analysis()));
  const Json complete = json_in(folder.path() / "made" / "complete_results.json");
  ASSERT_EQ(complete["trials"].size(), 2U);
  EXPECT_EQ(complete["trials"][1]["precision"], "fp16");
  EXPECT_EQ(complete["trials"][1]["streams"][0]["token_ns"], Json({1000, 2000, 3000}));
  const Json& failed = complete["configurations"][1]["results"]["performance"];
  EXPECT_EQ(failed["status"], "failed");
  EXPECT_EQ(failed["failure"]["signal"], "SIGILL");
  EXPECT_EQ(complete["configurations"][0]["results"]["performance"]["metrics"]["ttft_s"]["value"], 0.1);
  EXPECT_EQ(complete["impacts"][1]["scores"][0]["lost"], 10);
}

TEST(result_files, json_has_no_null_and_names_shared_winners) {
  const std::string text = analysis_page(sample_analysis(), table::Format::json);
  EXPECT_EQ(text.find("null"), std::string::npos);
  const Json json = base::parse_json(text, "json").value();
  bool found = false;
  for (const Json& winner : json["winners"]) {
    if (winner["task"] != "qa") continue;
    found = true;
    EXPECT_EQ(winner["best"]["precision"], "fp16");
    EXPECT_EQ(winner["decided"], false);
    EXPECT_EQ(winner["sharing"][0]["precision"], "int4");
  }
  EXPECT_TRUE(found);
}

TEST(configuration_file, is_the_record_with_its_raw_trials) {
  const support::TempDir folder;
  const record::Record record = support::performance("org/nano", "int4", 4, 900, 0.08);
  ASSERT_TRUE(write_configuration_file(folder.path(), record, {trial(0), trial(1)}));
  const Json json = json_in(folder.path() / "org_nano" / "org_nano_int4" / "performance.json");
  EXPECT_EQ(json["metrics"]["decode_tokens_per_s"]["value"], 900.0);
  EXPECT_EQ(json["metrics"]["decode_tokens_per_s"]["interval"]["method"], "order_statistic");
  EXPECT_EQ(json["absent"]["device_memory_bytes"], "no accelerator is used");
  EXPECT_EQ(json["trials"].size(), 2U);
  EXPECT_EQ(to_json(record::record_from(json).value()), to_json(record)) << "reads back as a record";
}

TEST(configuration_file, is_found_again_among_files_of_others) {
  const support::TempDir folder;
  const record::Record first = support::performance("org/nano", "int4", 4, 900, 0.08);
  const record::Record second = support::cell("org/nano", "int4", "qa");
  ASSERT_TRUE(write_configuration_file(folder.path(), second, {}));
  ASSERT_TRUE(write_configuration_file(folder.path(), first, {trial(0)}));
  const auto other = folder.path() / "model" / "model_fp16" / "mmlu.json";
  ASSERT_TRUE(base::write_file_atomically(other, "{\"accuracy\": 0.5}"));
  ASSERT_TRUE(base::write_file_atomically(folder.path() / "complete_results.json", "{}"));
  const auto stored = read_configuration_files(folder.path());
  ASSERT_TRUE(stored);
  ASSERT_EQ(stored->records.size(), 2U);
  EXPECT_EQ(to_json(stored->records[0]), to_json(first));
  EXPECT_EQ(to_json(stored->records[1]), to_json(second));
  ASSERT_EQ(stored->notes.size(), 1U);
  EXPECT_EQ(stored->notes[0].rfind(other.string(), 0), 0U);
}

TEST(configuration_file, that_cannot_be_read_is_named) {
  const support::TempDir folder;
  EXPECT_EQ(read_configuration_files(folder.path() / "none").error().kind, base::ErrorKind::usage);
  EXPECT_EQ(read_configuration_files(folder.path()).error().kind, base::ErrorKind::bad_input);
  const auto broken = folder.path() / "m" / "m_int4" / "qa.json";
  ASSERT_TRUE(base::write_file_atomically(broken, "{\"cell_key\": \"k\", \"schema\": 1}"));
  const auto stored = read_configuration_files(folder.path());
  ASSERT_FALSE(stored);
  EXPECT_NE(stored.error().message.find(broken.string()), std::string::npos);
}

TEST(configuration_file, stays_inside_the_output_folder) {
  const support::TempDir folder;
  record::Record record = support::cell("../../etc", "..", "../x/y");
  ASSERT_TRUE(write_configuration_file(folder.path() / "out", record, {}));
  const auto path = configuration_file(folder.path() / "out", record);
  EXPECT_TRUE(std::filesystem::exists(path));
  EXPECT_EQ(std::filesystem::weakly_canonical(path).string().rfind(
                std::filesystem::weakly_canonical(folder.path() / "out").string() + "/", 0),
            0U);
}

TEST(configuration_file, names_what_cannot_be_written) {
  const support::TempDir folder;
  ASSERT_TRUE(base::write_file_atomically(folder.path() / "file", "x"));
  const auto status =
      write_configuration_file(folder.path() / "file", support::cell("nano", "int4", "qa"), {});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, base::ErrorKind::storage);
  EXPECT_FALSE(write_result_files(folder.path() / "file" / "x", sample_analysis()));
}

TEST(text_with_lines, is_valid_json_with_one_entry_a_line) {
  EXPECT_EQ(text_with_lines(Json{{"a", 1}}, "list", {Json{{"b", {1, 2}}}, Json(3)}),
            "{\n  \"a\": 1,\n  \"list\": [\n    {\"b\":[1,2]},\n    3\n  ]\n}\n");
  EXPECT_EQ(text_with_lines(Json{{"a", 1}}, "list", {}), "{\n  \"a\": 1,\n  \"list\": []\n}\n");
  EXPECT_TRUE(base::parse_json(text_with_lines(Json::object(), "list", {Json(1)}), "x"));
}

}  // namespace
}  // namespace bantam::report
