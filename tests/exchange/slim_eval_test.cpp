#include "exchange/slim_eval.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "support/temp_dir.hpp"

namespace bantam::exchange {
namespace {

using record::Record;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

class Outputs {
 public:
  Outputs& add(const std::string& file, const std::string& content) {
    const auto path = folder_.path() / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << content;
    return *this;
  }
  base::Result<ImportedRecords> read() const { return read_slim_eval(folder_.path(), "a server"); }

 private:
  support::TempDir folder_;
};

std::string head(const std::string& precision, const std::string& rest) {
  return R"({"model": "owner/tiny", "precision": ")" + precision +
         R"(", "timestamp": "2025-12-09T00:53:09.327303", "num_parameters": 1000, "model_size_gb": 0.5, )" +
         rest + "}";
}
std::string speed(const std::string& precision, double latency, double rate) {
  return head(precision, R"("mean_latency_s": )" + std::to_string(latency) + R"(, "tokens_per_second": )" +
                             std::to_string(rate) + R"(, "mean_peak_mem_mb": 75000.0)");
}
std::string score(const std::string& precision, const std::string& task, const std::string& accuracy) {
  return head(precision, R"("task": ")" + task + R"(", "accuracy": )" + accuracy);
}

const Record& find(const ImportedRecords& all, const std::string& precision, const std::string& task) {
  for (const Record& record : all.records) {
    if (record.precision == precision && record.task == task) return record;
  }
  throw std::out_of_range(task);
}

TEST(slim_eval, figures_get_names_that_say_what_they_are) {
  Outputs outputs;
  outputs.add("tiny/tiny_int8/performance.json", speed("int8", 0.5, 512.0))
      .add("tiny/tiny_int8/energy.json",
           head("int8", R"("energy_joules": 2000.0, "energy_per_query_j": 10.0, "avg_power_watts": 20.0)"))
      .add("tiny/tiny_int8/gsm8k.json", score("int8", "gsm8k", "0.25"));
  const auto imported = outputs.read();
  ASSERT_TRUE(imported) << imported.error().message;
  EXPECT_THAT(imported->notes, IsEmpty());
  const Record& record = find(*imported, "int8", "performance");
  EXPECT_EQ(record.model, "tiny");
  EXPECT_EQ(record.reference, "owner/tiny");
  EXPECT_EQ(record.finished_at, "2025-12-09T00:53:09Z");
  EXPECT_DOUBLE_EQ(record.metrics.at("amortized_latency_s").value, 0.5);
  EXPECT_DOUBLE_EQ(record.metrics.at("batch_output_tokens_per_s").value, 512.0);
  EXPECT_DOUBLE_EQ(record.metrics.at("output_tokens").value, 256.0);
  EXPECT_DOUBLE_EQ(record.metrics.at("preallocated_bytes").value, 75000.0 * 1024 * 1024);
  EXPECT_DOUBLE_EQ(record.metrics.at("weight_bytes").value, 0.5 * 1024 * 1024 * 1024);
  EXPECT_FALSE(record.metrics.contains("e2e_latency_s"));
  EXPECT_FALSE(record.metrics.contains("pss_peak_bytes"));
  EXPECT_FALSE(record.metrics.at("amortized_latency_s").interval);
  const auto origin = record::imported(record);
  ASSERT_TRUE(origin);
  EXPECT_EQ(origin->file, "tiny/tiny_int8/performance.json");
  EXPECT_THAT(origin->caveats.at("preallocated_bytes"), HasSubstr("not what the model needs"));
  EXPECT_DOUBLE_EQ(find(*imported, "int8", "energy").metrics.at("energy_per_request_j").value, 10.0);
  EXPECT_DOUBLE_EQ(find(*imported, "int8", "gsm8k").metrics.at("exact_match").value, 0.25);
}

TEST(slim_eval, zeros_are_failed_runs) {
  Outputs outputs;
  outputs.add("tiny/tiny_int8/performance.json", speed("int8", 0.5, 512.0))
      .add("tiny/tiny_int8/energy.json",
           head("int8", R"("energy_joules": 0.0, "energy_per_query_j": 0.0, "avg_power_watts": 20.0)"))
      .add("tiny/tiny_int8/mmlu.json", score("int8", "mmlu", "0.0"));
  const auto imported = outputs.read();
  ASSERT_TRUE(imported);
  for (const char* task : {"energy", "mmlu"}) {
    const Record& record = find(*imported, "int8", task);
    EXPECT_EQ(record.outcome, record::Outcome::failed) << task;
    EXPECT_FALSE(record.metrics.contains("energy_per_request_j"));
    EXPECT_FALSE(record.metrics.contains("acc"));
    ASSERT_TRUE(record.failure);
    EXPECT_THAT(record.failure->message, HasSubstr("0"));
  }
}

// 1000 parameters take 2000 bytes at 16 bits. A size that was typed in agrees in units of 1000; others are
// taken as they are, and the number of parameters is left out.
TEST(slim_eval, size_and_parameters_have_to_agree) {
  const auto sized = [](const std::string& gb, const std::string& note) {
    std::string text = speed("fp16", 1.0, 256.0);
    text.replace(text.find("\"model_size_gb\": 0.5"), 20, "\"model_size_gb\": " + gb + note);
    Outputs outputs;
    outputs.add("tiny/tiny_fp16/performance.json", text);
    return outputs.read().value().records.front();
  };
  const Record decimal = sized("2e-6", ", \"_note\": \"estimated\"");
  EXPECT_NEAR(decimal.metrics.at("weight_bytes").value, 2000.0, 1e-6);
  EXPECT_TRUE(decimal.metrics.contains("parameters"));
  EXPECT_THAT(record::imported(decimal)->caveats.at("weight_bytes"), HasSubstr("units of 1000"));
  const Record other = sized("2e-6", "");
  EXPECT_NEAR(other.metrics.at("weight_bytes").value, 2e-6 * 1024 * 1024 * 1024, 1e-6);
  EXPECT_FALSE(other.metrics.contains("parameters"));
  EXPECT_THAT(other.absent.at("parameters"), HasSubstr("left out"));
}

TEST(slim_eval, models_of_one_name_by_two_owners_stay_apart) {
  std::string other = speed("int8", 0.25, 512.0);
  other.replace(other.find("owner/tiny"), 10, "other/tiny");
  Outputs outputs;
  outputs.add("a/tiny_int8/performance.json", speed("int8", 0.5, 512.0))
      .add("b/tiny_int8/performance.json", other);
  const auto imported = outputs.read();
  ASSERT_TRUE(imported);
  ASSERT_EQ(imported->records.size(), 2u);
  EXPECT_EQ(imported->records[0].model, "other/tiny");
  EXPECT_EQ(imported->records[1].model, "owner/tiny");
}

TEST(slim_eval, what_cannot_be_used_is_named) {
  Outputs outputs;
  outputs.add("tiny/tiny_int8/performance.json", speed("int8", 0.5, 512.0))
      .add("tiny/tiny_int8/mmlu.json", R"({"model": "owner/tiny", "precis)")
      .add("tiny/tiny_int8/other.json", R"({"hello": 1})")
      .add("tiny/tiny_int8/list.json", "[1, 2]")
      .add("tiny/tiny_int8/no_precision.json", R"({"model": "owner/tiny", "mean_latency_s": 1.0})")
      .add("tiny/tiny_int8/odd.json", head("int7", R"("mean_latency_s": 1.0)"))
      .add("tiny/tiny_int8/share.json", score("int8", "hellaswag", "61.5"))
      .add("tiny/tiny_int8/nothing.json", head("int8", R"("unknown": 1)"));
  const auto imported = outputs.read();
  ASSERT_TRUE(imported);
  EXPECT_EQ(imported->records.size(), 1u);
  for (const char* part :
       {"mmlu.json is left out: it is no whole JSON", "other.json is left out: it is no result",
        "list.json is left out: it is no result", "no_precision.json is left out: it names no precision",
        "odd.json is left out: its precision 'int7' is not known",
        "share.json is left out: its accuracy is no share", "nothing.json is left out: it holds neither"})
    EXPECT_THAT(imported->notes, Contains(HasSubstr(part))) << part;
}

TEST(slim_eval, texts_and_negative_numbers_are_no_values) {
  Outputs outputs;
  outputs.add(
      "tiny/tiny_int8/performance.json",
      head("int8", R"("mean_latency_s": 0.5, "tokens_per_second": "512 tok/s", "mean_peak_mem_mb": -1)"));
  const auto imported = outputs.read();
  ASSERT_TRUE(imported);
  const Record& record = imported->records.front();
  EXPECT_FALSE(record.metrics.contains("batch_output_tokens_per_s"));
  EXPECT_FALSE(record.metrics.contains("preallocated_bytes"));
  EXPECT_THAT(record.absent.at("batch_output_tokens_per_s"), HasSubstr("no number"));
}

TEST(slim_eval, of_two_files_of_one_configuration_the_newer_counts) {
  Outputs outputs;
  std::string newer = speed("int8", 0.25, 512.0);
  newer.replace(newer.find("2025-12-09"), 10, "2025-12-10");
  outputs.add("a/tiny_int8/performance.json", newer)
      .add("b/tiny_int8/performance.json", speed("int8", 0.5, 512.0));
  const auto imported = outputs.read();
  ASSERT_TRUE(imported);
  ASSERT_EQ(imported->records.size(), 1u);
  EXPECT_DOUBLE_EQ(imported->records.front().metrics.at("amortized_latency_s").value, 0.25);
  EXPECT_THAT(imported->notes, Contains(HasSubstr("the newer counts, a/tiny_int8/performance.json")));
}

TEST(slim_eval, an_empty_folder_and_a_file_are_refused) {
  const support::TempDir folder;
  const auto empty = read_slim_eval(folder.path(), "a server");
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().kind, base::ErrorKind::bad_input);
  const auto none = read_slim_eval(folder.path() / "none", "a server");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, base::ErrorKind::usage);
}

TEST(slim_eval, the_same_content_has_the_same_key) {
  Outputs outputs;
  outputs.add("tiny/tiny_int8/performance.json", speed("int8", 0.5, 512.0));
  const auto first = outputs.read();
  const auto second = outputs.read();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->records.front().cell_key, second->records.front().cell_key);
  outputs.add("tiny/tiny_int8/performance.json", speed("int8", 0.6, 512.0));
  EXPECT_NE(outputs.read()->records.front().cell_key, first->records.front().cell_key);
}

}  // namespace
}  // namespace bantam::exchange
