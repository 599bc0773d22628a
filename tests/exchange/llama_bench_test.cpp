#include "exchange/llama_bench.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "support/temp_dir.hpp"

namespace bantam::exchange {
namespace {

using record::Record;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

base::Result<ImportedRecords> read(const std::string& content) {
  const support::TempDir folder;
  const auto path = folder.path() / "results";
  std::ofstream(path, std::ios::binary) << content;
  return read_llama_bench(path, std::nullopt);
}

std::string test_json(int prompt, int generated, const std::string& samples, const std::string& more = "") {
  return R"({"build_commit": "abc", "cpu_info": "A CPU", "gpu_info": "", "model_filename": "models/tiny-Q4_K_M.gguf",
    "model_type": "llama 1B Q4_K - Medium", "model_size": 600000000, "model_n_params": 1000000000, "n_batch": 2048,
    "n_ubatch": 512, "n_threads": 2, "type_k": "f16", "type_v": "f16", "n_depth": 0, "test_time": "2026-01-31T12:00:00Z",
    "n_prompt": )" +
         std::to_string(prompt) + R"(, "n_gen": )" + std::to_string(generated) +
         R"(, "avg_ts": 100.5, "samples_ts": [)" + samples + "]" + more + "}";
}

void expect_pp_and_tg(const base::Result<ImportedRecords>& imported, double pp, double tg) {
  ASSERT_TRUE(imported) << imported.error().message;
  ASSERT_EQ(imported->records.size(), 1u);
  const Record& record = imported->records.front();
  EXPECT_EQ(record.model, "tiny-Q4_K_M");
  EXPECT_EQ(record.precision, "int4");
  EXPECT_EQ(record.task, "performance");
  EXPECT_EQ(record.point, "");
  EXPECT_DOUBLE_EQ(record.metrics.at("pp_tokens_per_s").value, pp);
  EXPECT_DOUBLE_EQ(record.metrics.at("tg_tokens_per_s").value, tg);
}

TEST(llama_bench, json_gives_the_median_of_the_samples) {
  const auto imported =
      read("[" + test_json(512, 0, "100.0, 104.0, 90.0") + "," + test_json(0, 128, "10.0, 12.0") + "]");
  expect_pp_and_tg(imported, 100.0, 11.0);
  const Record& record = imported->records.front();
  EXPECT_EQ(record.metrics.at("pp_tokens_per_s").n, 3);
  EXPECT_DOUBLE_EQ(record.metrics.at("bits_per_weight").value, 4.8);
  EXPECT_FALSE(record.metrics.at("pp_tokens_per_s").interval);
  EXPECT_THAT(imported->notes, IsEmpty());
  EXPECT_THAT(record::imported(record)->caveats.at("pp_tokens_per_s"), HasSubstr("one process"));
}

std::string one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text;
}

TEST(llama_bench, json_lines_are_the_same) {
  expect_pp_and_tg(
      read(one_line(test_json(512, 0, "100.0")) + "\n" + one_line(test_json(0, 128, "10.0")) + "\n"), 100.0,
      10.0);
}

constexpr const char* kNames =
    "build_commit,cpu_info,model_filename,model_type,model_size,model_n_params,n_threads,type_k,type_v,n_"
    "prompt,n_gen,"
    "n_depth,test_time,avg_ts";

TEST(llama_bench, csv_and_sql_give_averages) {
  const std::string csv = std::string(kNames) +
                          "\n\"abc\",\"A, CPU\",\"tiny-Q4_K_M.gguf\",\"llama 1B Q4_K - "
                          "Medium\",\"6\",\"10\",\"2\",\"f16\",\"f16\",\"512\",\"0\","
                          "\"0\",\"2026-01-31T12:00:00Z\",\"100.5\"\n"
                          "\"abc\",\"A, CPU\",\"tiny-Q4_K_M.gguf\",\"llama 1B Q4_K - "
                          "Medium\",\"6\",\"10\",\"2\",\"f16\",\"f16\",\"0\",\"128\","
                          "\"0\",\"2026-01-31T12:00:00Z\",\"11.5\"\n";
  expect_pp_and_tg(read(csv), 100.5, 11.5);
  const std::string insert = "INSERT INTO llama_bench (" + std::string(kNames) +
                             ") VALUES ('abc', 'A, (CPU)', "
                             "'tiny-Q4_K_M.gguf', 'llama 1B Q4_K - Medium', '6', '10', '2', 'f16', 'f16', ";
  const std::string sql = "CREATE TABLE IF NOT EXISTS llama_bench (\n  build_commit TEXT\n);\n\n" + insert +
                          "'512', '0', '0', '2026-01-31T12:00:00Z', '100.5');\n" + insert +
                          "'0', '128', '0', '2026-01-31T12:00:00Z', '11.5');\n";
  expect_pp_and_tg(read(sql), 100.5, 11.5);
}

TEST(llama_bench, what_varies_is_a_point) {
  const auto imported = read("[" + test_json(512, 0, "100.0") + "," + test_json(1024, 0, "90.0") + "]");
  ASSERT_TRUE(imported);
  ASSERT_EQ(imported->records.size(), 2u);
  EXPECT_EQ(imported->records[0].point, "n-prompt=1024");
  EXPECT_EQ(imported->records[1].point, "n-prompt=512");
  EXPECT_NE(imported->records[0].cell_key, imported->records[1].cell_key);
}

TEST(llama_bench, machines_are_not_mixed) {
  std::string other = test_json(0, 128, "10.0");
  other.replace(other.find("A CPU"), 5, "B CPU");
  const auto imported = read("[" + test_json(512, 0, "100.0") + "," + other + "]");
  ASSERT_TRUE(imported);
  ASSERT_EQ(imported->records.size(), 2u);
  EXPECT_NE(imported->records[0].device, imported->records[1].device);
}

TEST(llama_bench, what_cannot_be_used_is_named) {
  const auto imported = read("[" + test_json(512, 0, "100.0") + "," + test_json(512, 128, "50.0") + "," +
                             test_json(512, 0, "1.0", R"(, "model_type": "llama 1B something")") + ", 7]");
  ASSERT_TRUE(imported);
  EXPECT_EQ(imported->records.size(), 1u);
  EXPECT_THAT(imported->notes, Contains(HasSubstr("prompt and generation together")));
  EXPECT_THAT(imported->notes, Contains(HasSubstr("names no known precision")));
  EXPECT_THAT(imported->notes, Contains(HasSubstr("no whole test")));
}

TEST(llama_bench, other_files_are_refused) {
  for (const char* text : {"", "[]", "{}", "hello", "[{]", "build_commit,x\n", "CREATE TABLE x;", "[1"}) {
    const auto imported = read(text);
    ASSERT_FALSE(imported) << text;
    EXPECT_EQ(imported.error().kind, base::ErrorKind::bad_input) << text;
  }
}

TEST(llama_bench, file_types_are_those_of_llama_cpp) {
  EXPECT_EQ(file_type_in("llama 1B Q4_K - Medium"), "Q4_K_M");
  EXPECT_EQ(file_type_in("qwen2 0.5B Q8_0"), "Q8_0");
  EXPECT_EQ(file_type_in("llama ?B all F32"), "F32");
  EXPECT_EQ(file_type_in("llama 7B BF16 (guessed)"), "BF16");
  EXPECT_EQ(file_type_in("gpt-oss 20B MXFP4 MoE"), "MXFP4_MOE");
  EXPECT_EQ(file_type_in("llama 1B IQ2_XXS - 2.0625 bpw"), "IQ2_XXS");
  EXPECT_EQ(file_type_in("llama 1B Q2_K - Medium"), "Q2_K");
  EXPECT_EQ(file_type_in("nemotron_h 8B Q6_K"), "Q6_K");
  EXPECT_EQ(file_type_in("llama 1B IQ3_S mix - 3.66 bpw"), "IQ3_M");
  EXPECT_EQ(file_type_in("llama 1B IQ3_S - 3.4375 bpw"), "IQ3_S");
  EXPECT_EQ(file_type_in("llama 1B"), std::nullopt);
}

}  // namespace
}  // namespace bantam::exchange
