// The forms and formulas are those of SLiM-Eval 0.1.3.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "base/files.hpp"
#include "exchange/slim_eval.hpp"
#include "exchange/slim_eval_files.hpp"
#include "record/sections.hpp"
#include "support/sample_records.hpp"
#include "support/shared.hpp"
#include "support/temp_dir.hpp"

namespace bantam::exchange {
namespace {

namespace fs = std::filesystem;
using base::Json;
using record::Record;
using record::Trial;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

TrialSource no_trials() {
  return [](const std::string&, std::int64_t) { return std::vector<Trial>{}; };
}

// A batch of `requests` with ten tokens each.
Trial batch(const char* scenario, int requests, double wall_s, bool warmup = false) {
  Trial trial;
  trial.scenario = scenario;
  trial.wall_s = wall_s;
  trial.warmup = warmup;
  record::Stream stream;
  stream.prompt_tokens = 5;
  for (std::int64_t token = 1; token <= 10; ++token) stream.token_ns.push_back(token * 1'000'000);
  for (int i = 0; i < requests; ++i) trial.streams.push_back(stream);
  return trial;
}

Record speed() {
  Record record = support::performance("org/tiny", "fp16", 16, 100, 0.1);
  record.metrics["weight_bytes"] = support::exact(2e6);
  record.model_info = {{"file_type", "F16"}};
  return record;
}

class Folder {
 public:
  base::Result<ExportedFiles> write(const std::vector<Record>& records,
                                    const TrialSource& trials = no_trials(),
                                    Existing existing = Existing::keep) const {
    return write_slim_eval(path(), records, trials, existing);
  }
  Json json(const std::string& name) const {
    return base::parse_json(base::read_file(path() / name).value(), name).value();
  }
  fs::path path() const { return folder_.path() / "outputs"; }

 private:
  support::TempDir folder_;
};

// By hand: batches of four in 8, 8 and 14 s are 2, 2 and 3.5 s a request, four times each: mean 2.5, median
// 2, deviation sqrt(0.5); ten tokens a request.
TEST(SlimEvalExport, LatencyIsThatOfABatchByItsRequests) {
  const std::vector<Trial> trials{batch("offline", 4, 100.0, true), batch("offline", 4, 8.0),
                                  batch("offline", 4, 8.0), batch("offline", 4, 14.0),
                                  batch("single_stream", 1, 1.0)};
  const Folder folder;
  const auto written = folder.write({speed()}, [&](const std::string&, std::int64_t) { return trials; });
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_THAT(written->paths, ElementsAre(folder.path() / "org__tiny/org__tiny_fp16/performance.json"));
  const Json json = folder.json("org__tiny/org__tiny_fp16/performance.json");
  EXPECT_DOUBLE_EQ(json["mean_latency_s"], 2.5);
  EXPECT_DOUBLE_EQ(json["median_latency_s"], 2.0);
  EXPECT_DOUBLE_EQ(json["std_latency_s"], std::sqrt(0.5));
  EXPECT_DOUBLE_EQ(json["tokens_per_second"], 4.0);
  EXPECT_EQ(json["model"], "org/tiny");
  EXPECT_EQ(json["precision"], "fp16");
  EXPECT_EQ(json["quantization_scheme"], "GGUF F16");
  EXPECT_EQ(json["timestamp"], "2026-01-31T12:00:30");
  EXPECT_EQ(json["num_parameters"], 1'000'000);
  EXPECT_DOUBLE_EQ(json["num_parameters_b"], 0.001);
  EXPECT_DOUBLE_EQ(json["model_size_gb"], 2e6 / (1024.0 * 1024.0 * 1024.0));
  EXPECT_EQ(json["bantam"]["batch_size"], 4);
  EXPECT_EQ(json["bantam"]["batches"], 3);
  for (const char* name : {"p95_latency_s", "p99_latency_s", "mean_peak_mem_mb", "mean_avg_mem_mb"}) {
    EXPECT_FALSE(json.contains(name)) << name;
    EXPECT_TRUE(json["bantam"]["left_out"].contains(name)) << name;
  }
}

TEST(SlimEvalExport, PercentilesAppearAboveTheirFloors) {
  std::vector<Trial> trials;
  for (int i = 0; i < 200; ++i) trials.push_back(batch("offline", 2, i < 180 ? 2.0 : 6.0));
  const Folder folder;
  ASSERT_TRUE(folder.write({speed()}, [&](const std::string&, std::int64_t) { return trials; }));
  const Json json = folder.json("org__tiny/org__tiny_fp16/performance.json");
  EXPECT_DOUBLE_EQ(json["p95_latency_s"], 3.0);
  EXPECT_FALSE(json.contains("p99_latency_s"));
}

TEST(SlimEvalExport, WithoutBatchesARequestIsABatchOfOne) {
  const std::vector<Trial> trials{batch("single_stream", 1, 2.0), batch("single_stream", 1, 3.0)};
  const Folder folder;
  ASSERT_TRUE(folder.write({speed()}, [&](const std::string&, std::int64_t) { return trials; }));
  const Json json = folder.json("org__tiny/org__tiny_fp16/performance.json");
  EXPECT_DOUBLE_EQ(json["mean_latency_s"], 2.5);
  EXPECT_EQ(json["bantam"]["batch_size"], 1);
}

Record score(const std::string& task, const std::string& metric, double value) {
  Record record = support::cell("tiny", "int4", task);
  record.metrics[metric] = {value, {}, 0.01, 100};
  record::TaskFacts facts;
  facts.name = task;
  facts.num_fewshot = 5;
  record::set_tasks(record, {facts});
  return record;
}

TEST(SlimEvalExport, ScoresAreThoseThatItWouldTake) {
  Record gsm8k = score("gsm8k", "exact_match,strict-match", 0.25);
  gsm8k.metrics["exact_match,flexible-extract"] = {0.375, {}, {}, 100};
  const Folder folder;
  const auto written = folder.write({score("mmlu", "acc", 0.5), gsm8k, score("other", "acc", 0.75),
                                     score("texts", "rouge1", 0.5), score("none", "acc", 0.0)});
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(folder.json("tiny/tiny_int4/mmlu.json")["accuracy"], 0.5);
  EXPECT_EQ(folder.json("tiny/tiny_int4/mmlu.json")["task"], "mmlu");
  EXPECT_EQ(folder.json("tiny/tiny_int4/mmlu.json")["bantam"]["num_fewshot"], 5);
  EXPECT_EQ(folder.json("tiny/tiny_int4/gsm8k.json")["accuracy"], 0.375);
  EXPECT_EQ(folder.json("tiny/tiny_int4/other.json")["accuracy"], 0.75);
  EXPECT_EQ(written->paths.size(), 3U);
  EXPECT_THAT(written->notes, UnorderedElementsAre(HasSubstr("tiny int4 texts is left out: it has no acc"),
                                                   HasSubstr("0 stands for a failed evaluation")));
}

TEST(SlimEvalExport, EnergyIsSummedOverItsRequests) {
  Record energy = support::cell("tiny", "int4", "energy");
  energy.metrics["energy_per_request_j"] = {10.0, {}, {}, 200};
  energy.metrics["mean_power_w"] = support::exact(20.0);
  const Folder folder;
  ASSERT_TRUE(folder.write({energy}));
  const Json json = folder.json("tiny/tiny_int4/energy.json");
  EXPECT_DOUBLE_EQ(json["energy_joules"], 2000.0);
  EXPECT_DOUBLE_EQ(json["energy_kwh"], 2000.0 / 3.6e6);
  EXPECT_DOUBLE_EQ(json["duration_seconds"], 100.0);
  EXPECT_DOUBLE_EQ(json["avg_power_watts"], 20.0);
  EXPECT_DOUBLE_EQ(json["energy_per_query_j"], 10.0);
  energy.metrics["energy_per_request_j"].n.reset();
  EXPECT_FALSE(Folder().write({energy})) << "its sum is not known";
}

TEST(SlimEvalExport, WhatHasNoPlaceIsNamed) {
  Record failed = speed();
  failed.outcome = record::Outcome::failed;
  failed.failure = record::Failure{"worker", "died", "SIGILL"};
  failed.model = "crashed";
  Record point = speed();
  point.point = "threads=2";
  const Folder folder;
  const auto none = folder.write({failed, point, speed()});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, base::ErrorKind::bad_input);
  EXPECT_FALSE(fs::exists(folder.path()));
  const auto written = folder.write({failed, point, speed(), score("mmlu", "acc", 0.5)});
  ASSERT_TRUE(written);
  EXPECT_THAT(written->notes,
              UnorderedElementsAre(HasSubstr("failed: SIGILL"), HasSubstr("a point of a sweep"),
                                   HasSubstr("none of its repetitions in the store")));
}

// A measured cell, exported and imported: the same figures, and it says that they were imported.
TEST(SlimEvalExport, OfMeasuredResultsReadsBack) {
  const std::vector<Trial> trials{batch("offline", 4, 8.0), batch("offline", 4, 14.0)};
  Record mmlu = score("mmlu", "acc", 0.5);
  mmlu.model = "org/tiny";
  mmlu.precision = "fp16";
  const Folder folder;
  ASSERT_TRUE(folder.write({speed(), mmlu}, [&](const std::string&, std::int64_t) { return trials; }));
  const auto imported = read_slim_eval(folder.path(), "a board");
  ASSERT_TRUE(imported) << imported.error().message;
  EXPECT_THAT(imported->notes, IsEmpty());
  ASSERT_EQ(imported->records.size(), 2U);
  EXPECT_EQ(imported->records[0].task, "mmlu");
  EXPECT_DOUBLE_EQ(imported->records[0].metrics.at("acc").value, 0.5);
  const Record& record = imported->records[1];
  EXPECT_TRUE(record::is_imported(record));
  EXPECT_EQ(record.reference, "org/tiny");
  EXPECT_EQ(record.finished_at, "2026-01-31T12:00:30Z");
  EXPECT_DOUBLE_EQ(record.metrics.at("amortized_latency_s").value, 2.75);
  EXPECT_DOUBLE_EQ(record.metrics.at("output_tokens").value, 10.0);
  EXPECT_DOUBLE_EQ(record.metrics.at("weight_bytes").value, 2e6);
  EXPECT_DOUBLE_EQ(record.metrics.at("parameters").value, 1e6);
}

TEST(SlimEvalExport, TwoModelsOfOneFolderAreRefused) {
  Record other = score("mmlu", "acc", 0.25);
  other.model = "a:b";
  Record one = score("mmlu", "acc", 0.5);
  one.model = "a/b";
  const Folder folder;
  const auto refused = folder.write({one, other});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, base::ErrorKind::usage);
  EXPECT_FALSE(fs::exists(folder.path()));
}

TEST(SlimEvalExport, NamesDoNotLeadOutOfTheFolder) {
  Record record = score("../../t", "acc", 0.5);
  record.model = "../../m";
  const Folder folder;
  const auto written = folder.write({record});
  ASSERT_TRUE(written);
  EXPECT_THAT(written->paths, ElementsAre(folder.path() / "..__..__m/..__..__m_int4/..__..__t.json"));
}

// The JSON files below a folder, by MODEL_PRECISION/TASK.json: one of the published folders is written
// otherwise than its model.
std::map<std::string, std::string> texts_below(const fs::path& folder) {
  std::map<std::string, std::string> texts;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const fs::path& path = entry.path();
    if (path.extension() == ".json")
      texts[(path.parent_path().filename() / path.filename()).string()] = base::read_file(path).value();
  }
  return texts;
}

// The record without the place of its file.
Json placeless(Record record) {
  record::Imported origin = *record::imported(record);
  origin.file.clear();
  record::set_imported(record, origin);
  return record::to_json(record);
}

// The published results, imported and exported, to the byte; and imported again they are the same records.
TEST(SlimEvalExport, ThePublishedFilesComeBack) {
  SKIP_WITHOUT_SHARED("data/slim_eval/outputs");
  const fs::path outputs = support::shared_folder() / "data/slim_eval/outputs";
  const auto imported = read_slim_eval(outputs, "a server");
  ASSERT_TRUE(imported);
  const Folder folder;
  const auto written = folder.write(imported->records);
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_THAT(written->notes, IsEmpty());
  EXPECT_EQ(written->paths.size(), 65U);
  EXPECT_EQ(texts_below(folder.path()), texts_below(outputs));
  const auto again = read_slim_eval(folder.path(), "a server");
  ASSERT_TRUE(again);
  ASSERT_EQ(again->records.size(), imported->records.size());
  for (std::size_t i = 0; i < again->records.size(); ++i)
    EXPECT_EQ(placeless(again->records[i]), placeless(imported->records[i]));
}

}  // namespace
}  // namespace bantam::exchange
