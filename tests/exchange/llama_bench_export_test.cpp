// The forms are those of llama-bench (llama.cpp, ggml 0.25): its fields, their order, its texts of numbers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/files.hpp"
#include "exchange/llama_bench.hpp"
#include "exchange/llama_bench_rows.hpp"
#include "plan/precision.hpp"
#include "support/sample_records.hpp"
#include "support/temp_dir.hpp"

namespace bantam::exchange {
namespace {

using base::Json;
using record::Record;
using record::Trial;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A cell with both tests, two repetitions each in two rounds; one is a warm-up.
struct Cell {
  Record record;
  std::vector<Trial> trials;

  Cell() {
    record = support::performance("nano", "int4", 4, 100, 0.1);
    record.metrics["pp_tokens_per_s"] = support::measured(256.0, 250.0, 260.0);
    record.metrics["tg_tokens_per_s"] = support::measured(32.0, 31.0, 33.0);
    record.metrics["weight_bytes"] = support::exact(5e5);
    record.settings = {{"engine", {{"threads", 2}, {"flash_attn", "off"}, {"cache_type_k", "q8_0"}}},
                       {"performance", {{"n_prompt", 512}, {"n_gen", 64}, {"n_depth", 16}}}};
    record.engine = {{"name", "llama"},
                     {"version", "b1"},
                     {"ggml_commit", "abc1234"},
                     {"threads", 2},
                     {"load_mode", "mmap"},
                     {"devices",
                      {{{"name", "CPU"}, {"description", "A CPU, with 2 cores"}, {"kind", "cpu"}},
                       {{"name", "CUDA0"}, {"description", "A GPU"}, {"kind", "gpu"}}}}};
    record.model_info = {{"architecture", "llama"}, {"file_type", "Q4_K_M"}};
    for (const std::int64_t round : {0, 1}) {
      add("pp", round, 512, true, 9.0);
      add("pp", round, 512, false, 2.0);
      add("pp", round, 512, false, 4.0);
      add("tg", round, 64, false, 2.0);
    }
  }
  void add(const char* scenario, std::int64_t round, std::int64_t tokens, bool warmup, double wall_s) {
    Trial trial;
    trial.scenario = scenario;
    trial.round = round;
    trial.tokens = tokens;
    trial.warmup = warmup;
    trial.wall_s = wall_s;
    trials.push_back(std::move(trial));
  }
  TrialSource source() const {
    return [this](const std::string&, std::int64_t) { return trials; };
  }
  BenchRows rows() const { return bench_rows({record}, source()).value(); }
};

base::Result<ImportedRecords> read_back(const std::string& text) {
  const support::TempDir folder;
  const auto path = folder.path() / "results";
  std::ofstream(path, std::ios::binary) << text;
  return read_llama_bench(path, std::nullopt);
}

// By hand: 512 tokens in 2, 4, 2 and 4 s are 256, 128, 256 and 128 tokens a second.
TEST(LlamaBenchExport, SamplesAreTheRepetitionsThatCount) {
  const BenchRows all = Cell().rows();
  ASSERT_EQ(all.rows.size(), 2U);
  const BenchRow& pp = all.rows[0];
  EXPECT_THAT(pp.samples_ns, ElementsAre("2000000000", "4000000000", "2000000000", "4000000000"));
  EXPECT_THAT(pp.samples_ts, ElementsAre("256.0", "128.0", "256.0", "128.0"));
  EXPECT_EQ(pp.text("avg_ns"), "3000000000");
  EXPECT_EQ(pp.text("avg_ts"), "192.000000");
  EXPECT_EQ(pp.text("stddev_ns"), "1154700538");  // sqrt(4/3) s
  EXPECT_EQ(pp.text("stddev_ts"), "73.900834");   // 64 sqrt(4/3)
  EXPECT_EQ(pp.text("n_prompt"), "512");
  EXPECT_EQ(pp.text("n_gen"), "0");
  EXPECT_EQ(pp.text("n_depth"), "16");
  EXPECT_EQ(pp.more[kBenchProcesses], 2);
  const BenchRow& tg = all.rows[1];
  EXPECT_EQ(tg.text("n_gen"), "64");
  EXPECT_EQ(tg.text("avg_ts"), "32.000000");
  EXPECT_EQ(tg.text("stddev_ts"), "0.000000");
  EXPECT_THAT(all.notes, Contains(HasSubstr("each round in a process of its own")));
}

TEST(LlamaBenchExport, SettingsAndDevicesHaveItsNames) {
  const BenchRow row = Cell().rows().rows[0];
  const std::vector<std::pair<const char*, const char*>> wanted{{"build_commit", "abc1234"},
                                                                {"cpu_info", "A CPU, with 2 cores"},
                                                                {"gpu_info", "A GPU"},
                                                                {"backends", "CUDA"},
                                                                {"model_filename", "nano.gguf"},
                                                                {"model_type", "llama ?B Q4_K - Medium"},
                                                                {"model_size", "500000"},
                                                                {"model_n_params", "1000000"},
                                                                {"n_threads", "2"},
                                                                {"type_k", "q8_0"},
                                                                {"type_v", "f16"},
                                                                {"n_gpu_layers", "-1"},
                                                                {"flash_attn", "0"},
                                                                {"load_mode", "mmap"},
                                                                {"repack", "1"},
                                                                {"split_mode", "layer"},
                                                                {"test_time", "2026-01-31T12:00:30Z"}};
  for (const auto& [field, value] : wanted) EXPECT_EQ(row.text(field), value) << field;
  EXPECT_FALSE(row.fields.contains("build_number")) << "nobody knows it";
}

TEST(LlamaBenchExport, WhatIsNotMeasuredByItsDefinitionIsLeftOutByName) {
  const Cell cell;
  Record without = cell.record;
  without.metrics.erase("pp_tokens_per_s");
  without.metrics.erase("tg_tokens_per_s");
  Record failed = cell.record;
  failed.outcome = record::Outcome::failed;
  Record untyped = cell.record;
  untyped.model_info["file_type"] = "Q9_X";
  Record imported = cell.record;
  record::set_imported(imported, {"SLiM-Eval", "f", "", Json::object(), {}});
  const Record task = support::accuracy("nano", "int4", "qa", 0.5, 0.4, 0.6, 10);
  const auto all = bench_rows({without, failed, untyped, imported, task}, cell.source());
  ASSERT_TRUE(all);
  EXPECT_THAT(all->rows, IsEmpty());
  ASSERT_EQ(all->notes.size(), 4U);
  EXPECT_THAT(all->notes[0], HasSubstr("nano int4 is left out: it has no test of llama-bench"));
  EXPECT_THAT(all->notes[1], HasSubstr("has not ended well"));
  EXPECT_THAT(all->notes[2], HasSubstr("Q9_X"));
  EXPECT_THAT(all->notes[3], HasSubstr("was measured by SLiM-Eval"));
  Cell emptied;
  emptied.trials.clear();
  EXPECT_THAT(emptied.rows().notes, ElementsAre(HasSubstr("none of its repetitions")));
}

TEST(LlamaBenchExport, JsonHasTheFieldsInItsOrder) {
  const BenchRows all = Cell().rows();
  const std::string text = bench_text(all.rows, BenchForm::json);
  EXPECT_TRUE(text.starts_with(
      "[\n  {\n    \"build_commit\": \"abc1234\",\n    \"cpu_info\": \"A CPU, with 2 cores\",\n"))
      << text;
  EXPECT_THAT(text, HasSubstr("\"cpu_strict\": false,"));
  EXPECT_THAT(text, HasSubstr("\"repack\": true,"));
  EXPECT_THAT(text, HasSubstr("\"flash_attn\": 0,"));
  EXPECT_THAT(text, HasSubstr("\"avg_ts\": 192.000000,\n    \"stddev_ts\": 73.900834,\n"));
  EXPECT_THAT(text, HasSubstr("\"samples_ns\": [ 2000000000, 4000000000, 2000000000, 4000000000 ],\n"
                              "    \"samples_ts\": [ 256.0, 128.0, 256.0, 128.0 ]\n  },\n"));
  const Json json = base::parse_json(text, "json").value();
  std::vector<std::string> names;
  for (const auto& [name, value] : json[0].items()) names.push_back(name);
  std::size_t place = 0;
  for (const BenchField& field : kBenchFields) {
    if (field.name == "build_number") continue;
    ASSERT_LT(place, names.size());
    EXPECT_EQ(names[place++], field.name);
  }
}

// Our own export, read again: the same rates, of the repetitions of both processes.
TEST(LlamaBenchExport, EachFormReadsBack) {
  const BenchRows all = Cell().rows();
  for (const BenchForm form : {BenchForm::json, BenchForm::jsonl, BenchForm::csv, BenchForm::sql}) {
    const auto imported = read_back(bench_text(all.rows, form));
    ASSERT_TRUE(imported) << imported.error().message;
    EXPECT_THAT(imported->notes, IsEmpty());
    ASSERT_EQ(imported->records.size(), 1U);
    const Record& record = imported->records[0];
    EXPECT_EQ(record.model, "nano");
    EXPECT_EQ(record.precision, "int4");
    EXPECT_TRUE(record::is_imported(record));
    EXPECT_DOUBLE_EQ(record.metrics.at("pp_tokens_per_s").value, 192.0);  // median and mean are one here
    EXPECT_DOUBLE_EQ(record.metrics.at("tg_tokens_per_s").value, 32.0);
    EXPECT_EQ(record.settings["performance"]["n_depth"], 16);
    EXPECT_EQ(record.settings["engine"]["threads"], 2);
    EXPECT_EQ(record.settings["engine"]["flash_attn"], "off");
    const bool has_samples = form == BenchForm::json || form == BenchForm::jsonl;
    EXPECT_THAT(record::imported(record)->caveats.at("pp_tokens_per_s"),
                HasSubstr(has_samples ? "2 processes" : "one process"));
  }
}

std::string other_test(const std::string& more) {
  return R"({"build_commit": "f00", "build_number": 7, "cpu_info": "A \"CPU\"", "gpu_info": "", "backends": "CPU",
    "model_filename": "models/tiny'-Q8_0.gguf", "model_type": "llama 1B Q8_0", "model_size": 600000000,
    "model_n_params": 1000000000, "n_threads": 2, "cpu_strict": false, "type_k": "f16", "flash_attn": -1,
    "use_mmap": true, "n_prompt": 512, "n_gen": 0, "n_depth": 0, "test_time": "2026-01-31T12:00:00Z",
    "avg_ns": 5000000000, "stddev_ns": 11, "avg_ts": 102.400000, "stddev_ts": 0.250000)" +
         more + "}";
}

// Whatever the form: what was read is written again, to the last member.
TEST(LlamaBenchExport, WhatWasImportedComesBackEqual) {
  const std::string samples =
      R"(, "samples_ns": [ 5000000000, 5000000001 ], "samples_ts": [ 102.4, 102.39 ])";
  std::string generation = other_test(samples);
  const std::string prompt_test = "\"n_prompt\": 512, \"n_gen\": 0";
  generation.replace(generation.find(prompt_test), prompt_test.size(), "\"n_prompt\": 0, \"n_gen\": 128");
  // Of two tests of one kind, and of a model that comes before in the order of records.
  std::string another = other_test("");
  another.replace(another.find("tiny'"), 5, "a-model");
  const std::string text = "[" + other_test(samples) + "," + generation + "," + another + "]";
  const auto imported = read_back(text);
  ASSERT_TRUE(imported) << imported.error().message;
  const auto all = bench_rows(imported->records, {});
  ASSERT_TRUE(all);
  EXPECT_THAT(all->notes, IsEmpty());
  ASSERT_EQ(all->rows.size(), 3U);
  using Unordered = nlohmann::json;
  EXPECT_EQ(Unordered::parse(bench_text(all->rows, BenchForm::json)), Unordered::parse(text));
  // Its other forms read back to the same tests.
  for (const BenchForm form : {BenchForm::csv, BenchForm::sql}) {
    const std::string first = bench_text(all->rows, form);
    const auto again = read_back(first);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(bench_text(bench_rows(again->records, {})->rows, form), first);
  }
}

TEST(LlamaBenchExport, TextsOfStrangersStayTexts) {
  BenchRow row;
  row.fields = {{"build_commit", "=cmd()"},
                {"cpu_info", "a\"b'c\nd"},
                {"model_type", "| <b>x</b>"},
                {"n_threads", "2); DROP"},
                {"avg_ts", "nan"}};
  const std::string csv = bench_text({row}, BenchForm::csv);
  EXPECT_THAT(csv, HasSubstr("\"'=cmd()\",\"a\"\"b'c d\""));
  const std::string sql = bench_text({row}, BenchForm::sql);
  EXPECT_THAT(sql, HasSubstr("'a\"b''c d'"));
  EXPECT_THAT(sql, HasSubstr("'2); DROP'"));
  const Json json = base::parse_json(bench_text({row}, BenchForm::json), "json").value();
  EXPECT_EQ(json[0]["n_threads"], "2); DROP");
  EXPECT_EQ(json[0]["avg_ts"], "nan");
  EXPECT_EQ(json[0]["cpu_info"], "a\"b'c\nd");
  EXPECT_THAT(bench_text({row}, BenchForm::md), HasSubstr("\\| &lt;b&gt;x&lt;/b&gt;"));
}

TEST(LlamaBenchExport, MarkdownIsATableLikeItsOwn) {
  const std::string text = bench_text(Cell().rows().rows, BenchForm::md);
  EXPECT_THAT(text,
              HasSubstr("| model                          |       size |     params | backend    | threads |"
                        "            test |                  t/s |\n| ------------------------------ |"));
  EXPECT_THAT(text, HasSubstr("|     pp512 @ d16 |       192.00 ± 73.90 |\n"));
  EXPECT_THAT(text, HasSubstr("\nbuild: abc1234\n"));
}

TEST(LlamaBenchExport, EveryFileTypeReadsBack) {
  for (const plan::Precision& precision : plan::known_precisions()) {
    const auto type = model_type("llama", precision.llama_type);
    ASSERT_TRUE(type) << precision.llama_type;
    const auto read = file_type_in(*type);
    ASSERT_TRUE(read) << *type;
    EXPECT_EQ(plan::parse_precision(*read)->name, precision.name) << *type;
  }
  EXPECT_FALSE(model_type("llama", "Q9_X"));
}

TEST(LlamaBenchExport, AFileIsWrittenByTheRulesOfExports) {
  const support::TempDir folder;
  const Cell cell;
  const auto path = folder.path() / "speed.json";
  const auto written = write_llama_bench(path, BenchForm::json, {cell.record}, cell.source(), Existing::keep);
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_THAT(written->paths, ElementsAre(path));
  const auto refused = write_llama_bench(path, BenchForm::csv, {cell.record}, cell.source(), Existing::keep);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, base::ErrorKind::usage);
  const auto none = write_llama_bench(path, BenchForm::csv, {}, cell.source(), Existing::keep);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, base::ErrorKind::bad_input);
  EXPECT_FALSE(bench_form_from("xml"));
  EXPECT_EQ(bench_form_from("md").value(), BenchForm::md);
}

}  // namespace
}  // namespace bantam::exchange
