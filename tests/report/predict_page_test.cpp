#include "report/predict_page.hpp"

#include <gtest/gtest.h>

namespace bantam::report {
namespace {

using table::Format;

constexpr std::int64_t kMiB = std::int64_t{1} << 20;

predict::Prediction prediction(const std::string& precision, std::int64_t file_mib) {
  predict::Prediction row;
  row.model = "nano";
  row.reference = "hf:user/nano";
  row.precision = precision;
  row.estimate.architecture = "llama";
  row.estimate.parameters = 1'240'000'000;
  row.estimate.context_train = 4096;
  row.estimate.context = 160;
  row.estimate.file_bytes = file_mib * kMiB;
  row.estimate.memory.file = file_mib * kMiB;
  row.estimate.memory.kv = 16 * kMiB;
  row.estimate.memory.compute = 30 * kMiB;
  row.estimate.memory.outputs = 2 * kMiB;
  row.estimate.memory.program = 12 * kMiB;
  row.estimate.single.prompt_tokens = 128;
  row.estimate.single.new_tokens = 32;
  row.estimate.cache = {{"f16", 16 * kMiB}, {"q8_0", 8 * kMiB}};
  row.margin_bytes = 40 * kMiB;
  return row;
}

// fp16 does not fit, int4 does and has a speed, int3 cannot be made.
predict::Predictions predictions() {
  predict::Predictions all;
  all.budget_bytes = 1024 * kMiB;
  all.budget_source = "--memory";
  all.threads = 2;
  all.peaks.read_bytes_per_s = 12.5e9;
  all.rows = {prediction("fp16", 2400), prediction("int4", 700), prediction("int3", 0)};
  all.rows[0].speed_absent = "no rate is known";
  all.rows[1].fits = true;
  predict::Speed speed;
  speed.ttft_s = 0.25;
  speed.decode_tokens_per_s = 16.5;
  speed.read_share = 0.875;
  speed.decode.matrices_s = 0.05;
  speed.time_error = 0.44;
  all.rows[1].single = speed;
  predict::Way way;
  way.options = "--no-repack";
  way.cost = "mostly slower";
  way.estimate = prediction("fp16", 600).estimate;
  way.margin_bytes = 40 * kMiB;
  way.single = speed;
  all.rows[0].ways = predict::Ways{{way}, {}};
  all.rows[2].skip_reason = "it needs an importance matrix";
  return all;
}

TEST(predict_page, terminal_of_80_columns_splits_the_memory_table) {
  EXPECT_EQ(predict_page(predictions(), Format::table, {80, false}),
            "nano: llama, 1.24 B parameters, trained for 4096 tokens\n"
            "  requests of 128 + 32 tokens; KV cache for 1 x 160 tokens\n"
            "\n"
            "Memory\n"
            "precision      file    mapped  repacked  KV cache   compute   program     total\n"
            "fp16       2.34 GiB  2.34 GiB       0 B  16.0 MiB  32.0 MiB  12.0 MiB  2.40 GiB\n"
            "int4        700 MiB   700 MiB       0 B  16.0 MiB  32.0 MiB  12.0 MiB   760 MiB\n"
            "\n"
            "precision  + margin  fits\n"
            "fp16       2.44 GiB    NO\n"
            "int4        800 MiB   yes\n"
            "Budget: 1.00 GiB (--memory).\n"
            "Mapped: what requests read of the file. Its other pages, such as weights with a\n"
            "  repacked copy, make room where memory is short.\n"
            "\n"
            "Speed with 2 threads\n"
            "precision    TTFT  decode tok/s  batch TTFT  batch tok/s   error  bandwidth\n"
            "int4       250 ms          16.5           –            –  ± 44 %       88 %\n"
            "\n"
            "precision             limit\n"
            "int4       memory bandwidth\n"
            "Bandwidth: share of this machine's 12.5 GB/s that decoding uses for weights and\n"
            "  KV cache.\n"
            "Expected error: memory 5 %; times as in the column error, on a quiet machine\n"
            "  that does not throttle: 20 % and what this machine's rates spread while they\n"
            "  were measured.\n"
            "\n"
            "KV cache by type\n"
            "model       f16      q8_0\n"
            "nano   16.0 MiB  8.00 MiB\n"
            "\n"
            "nano fp16 DOES NOT FIT: it needs 2.44 GiB with margin, the budget is 1.00 GiB\n"
            "  it fits with --no-repack: 700 MiB with margin; decode 16.5 tok/s; mostly slower\n"
            "nano fp16: no speed: no rate is known\n"
            "nano int3: skipped: it needs an importance matrix\n");
}

TEST(predict_page, terminal_of_120_columns_and_two_models) {
  predict::Predictions all = predictions();
  all.rows.erase(all.rows.begin());
  all.rows.pop_back();
  all.rows.push_back(prediction("int4", 900));
  all.rows[1].model = "other";
  all.rows[1].fits = true;
  all.rows[1].download_bytes = 900 * kMiB;
  EXPECT_EQ(
      predict_page(all, Format::table, {120, false}),
      "nano: llama, 1.24 B parameters, trained for 4096 tokens\n"
      "  requests of 128 + 32 tokens; KV cache for 1 x 160 tokens\n"
      "other: llama, 1.24 B parameters, trained for 4096 tokens\n"
      "  requests of 128 + 32 tokens; KV cache for 1 x 160 tokens\n"
      "\n"
      "Memory\n"
      "model  precision  download     file   mapped  repacked  KV cache   compute   program    total  + "
      "margin "
      " fits\n"
      "nano   int4            0 B  700 MiB  700 MiB       0 B  16.0 MiB  32.0 MiB  12.0 MiB  760 MiB   800 "
      "MiB "
      "  yes\n"
      "other  int4        900 MiB  900 MiB  900 MiB       0 B  16.0 MiB  32.0 MiB  12.0 MiB  960 MiB  1000 "
      "MiB "
      "  yes\n"
      "Budget: 1.00 GiB (--memory).\n"
      "Mapped: what requests read of the file. Its other pages, such as weights with a repacked copy, make "
      "room "
      "where memory is\n"
      "  short.\n"
      "\n"
      "Speed with 2 threads\n"
      "model  precision    TTFT  decode tok/s  batch TTFT  batch tok/s   error  bandwidth             limit\n"
      "nano   int4       250 ms          16.5           –            –  ± 44 %       88 %  memory bandwidth\n"
      "Bandwidth: share of this machine's 12.5 GB/s that decoding uses for weights and KV cache.\n"
      "Expected error: memory 5 %; times as in the column error, on a quiet machine that does not throttle: "
      "20 % and "
      "what this\n"
      "  machine's rates spread while they were measured.\n"
      "\n"
      "KV cache by type\n"
      "model       f16      q8_0\n"
      "nano   16.0 MiB  8.00 MiB\n"
      "other  16.0 MiB  8.00 MiB\n");
}

TEST(predict_page, markdown) {
  EXPECT_EQ(
      predict_page(predictions(), Format::md, {}),
      "- nano: llama, 1.24 B parameters, trained for 4096 tokens\n"
      "- requests of 128 + 32 tokens; KV cache for 1 x 160 tokens\n"
      "\n"
      "## Memory\n"
      "\n"
      "| precision | file | mapped | repacked | KV cache | compute | program | total | + margin | fits |\n"
      "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n"
      "| fp16 | 2.34 GiB | 2.34 GiB | 0 B | 16.0 MiB | 32.0 MiB | 12.0 MiB | 2.40 GiB | 2.44 GiB | *NO* |\n"
      "| int4 | 700 MiB | 700 MiB | 0 B | 16.0 MiB | 32.0 MiB | 12.0 MiB | 760 MiB | 800 MiB | yes |\n"
      "\n"
      "- Budget: 1.00 GiB (--memory).\n"
      "- Mapped: what requests read of the file. Its other pages, such as weights with a repacked copy, "
      "make room where memory is short.\n"
      "\n"
      "## Speed with 2 threads\n"
      "\n"
      "| precision | TTFT | decode tok/s | batch TTFT | batch tok/s | error | bandwidth | limit |\n"
      "|---|---:|---:|---:|---:|---:|---:|---:|\n"
      "| int4 | 250 ms | 16.5 | – | – | ± 44 % | 88 % | memory bandwidth |\n"
      "\n"
      "- Bandwidth: share of this machine's 12.5 GB/s that decoding uses for weights and KV cache.\n"
      "- Expected error: memory 5 %; times as in the column error, on a quiet machine that does not "
      "throttle: 20 % and what this machine's rates spread while they were measured.\n"
      "\n"
      "## KV cache by type\n"
      "\n"
      "| model | f16 | q8\\_0 |\n"
      "|---|---:|---:|\n"
      "| nano | 16.0 MiB | 8.00 MiB |\n"
      "\n"
      "- nano fp16 DOES NOT FIT: it needs 2.44 GiB with margin, the budget is 1.00 GiB\n"
      "- it fits with --no-repack: 700 MiB with margin; decode 16.5 tok/s; mostly slower\n"
      "- nano fp16: no speed: no rate is known\n"
      "- nano int3: skipped: it needs an importance matrix\n");
}

TEST(predict_page, csv_has_bytes_and_seconds_and_leaves_out_what_is_not_there) {
  EXPECT_EQ(
      predict_page(predictions(), Format::csv, {}),
      "model,reference,precision,download_bytes,file_bytes,mapped_bytes,rearranged_bytes,kv_bytes,compute_"
      "bytes,"
      "program_bytes,draft_bytes,total_bytes,margin_bytes,budget_bytes,fits,prompt_tokens,ttft_s,decode_"
      "tokens_per_s,"
      "batch_ttft_s,batch_output_tokens_per_s,read_bandwidth_share,time_error,speed_absent,fits_with,"
      "skipped,ttft_absent,predicted_for\n"
      "nano,hf:user/"
      "nano,fp16,0,2516582400,2516582400,0,16777216,33554432,12582912,,2579496960,41943040,1073741824,false,"
      "128,,,,,,,no rate is known,'--no-repack,,,\n"
      "nano,hf:user/"
      "nano,int4,0,734003200,734003200,0,16777216,33554432,12582912,,796917760,41943040,1073741824,true,"
      "128,0.25,16.5,,,0.875,0.44,,,,,\n"
      "nano,hf:user/nano,int3,,,,,,,,,,,,,,,,,,,,,,it needs an importance matrix,,\n");
}

// Of a machine of which only rates of single tokens are known.
predict::Predictions elsewhere() {
  predict::Predictions all = predictions();
  all.rows = {all.rows[1]};
  predict::Speed& speed = *all.rows[0].single;
  speed.ttft_s.reset();
  speed.read_share.reset();
  speed.time_error.reset();
  speed.ttft_absent = "no rate of prompts";
  all.machine = predict::OtherMachine{{}, "board", true, {"A rule."}};
  all.machine->rates.name = "Board, 8 GB";
  all.machine->rates.engine = "llama";
  all.machine->rates.source = "https://example.org";
  return all;
}

TEST(predict_page, says_which_other_machine_is_meant_and_that_nothing_was_measured) {
  const std::string page = predict_page(elsewhere(), Format::table, {120, false});
  EXPECT_TRUE(page.starts_with(
      "Predicted for Board, 8 GB, from board, which comes with bantam; not measured here.\n"
      "Its rates are published figures, not measured with bantam, of llama: https://example.org\n"))
      << page;
  const auto speed = page.find("Speed\n");
  ASSERT_NE(speed, std::string::npos) << page;
  EXPECT_EQ(page.substr(speed, page.find("\n\n", speed) - speed),
            "Speed\n"
            "precision  TTFT  decode tok/s  batch TTFT  batch tok/s  error  bandwidth    limit\n"
            "int4          –          16.5           –            –      –          –  weights\n"
            "Of another machine no error is told: nothing was measured here.\n"
            "No TTFT and no batch: no rate of prompts.\n"
            "A rule.");
}

TEST(predict_page, names_the_other_machine_in_json_and_csv) {
  const auto json = base::parse_json(predict_page(elsewhere(), Format::json, {}), "page");
  ASSERT_TRUE(json);
  EXPECT_EQ(base::string_at(base::child_at(*json, "predicted_for"), "name"), "Board, 8 GB");
  EXPECT_EQ(base::bool_at(base::child_at(*json, "predicted_for"), "measured_here"), false);
  EXPECT_EQ(base::bool_at(base::child_at(*json, "predicted_for"), "measured"), false);
  const base::Json& single = base::child_at(base::child_at(*json, "predictions")[0], "single_stream");
  EXPECT_FALSE(single.contains("ttft_s"));
  EXPECT_FALSE(single.contains("time_error"));
  EXPECT_EQ(base::string_at(single, "ttft_absent"), "no rate of prompts");
  EXPECT_TRUE(predict_page(elsewhere(), Format::csv, {}).ends_with(",no rate of prompts,\"Board, 8 GB\"\n"));
}

}  // namespace
}  // namespace bantam::report
