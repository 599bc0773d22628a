#include "report/quantization_page.hpp"

#include <gtest/gtest.h>

namespace bantam::report {
namespace {

using table::Format;

// One that was made, one that is planned, one that failed.
std::vector<QuantizedFile> files() {
  std::vector<QuantizedFile> all(3);
  all[0].precision = "int4";
  all[0].artifact.file_type = "Q4_K_M";
  all[0].artifact.path = "/cache/q4.gguf";
  all[0].artifact.sha256 = "0123456789abcdef";
  all[0].artifact.quantizer = "llama.cpp b1";
  all[0].artifact.importance = {{"dataset", "embedded"}, {"samples", 146}, {"tokens", 74752}};
  all[0].info = gguf::ModelInfo{};
  all[0].info->architecture = "llama";
  all[0].info->file_bytes = 2 << 20;
  all[0].info->bits_per_weight = 5.0633;
  all[0].info->tensor_types = {{"Q4_K", 24, 0, 0}, {"F32", 9, 0, 0}};
  all[0].info->fallbacks = {{"blk.*.ffn_down.weight", "Q5_0", 160, 4}};
  all[0].state = "made";
  all[0].seconds = 2.5;
  all[0].output = "/out/a,b.gguf";
  all[1].precision = "int8";
  all[1].artifact.file_type = "Q8_0";
  all[1].artifact.path = "/cache/q8.gguf";
  all[1].state = "to be made";
  all[2].precision = "IQ1_S";
  all[2].artifact.file_type = "IQ1_S";
  all[2].state = "failed";
  all[2].error = base::Error{base::ErrorKind::bad_input, "no matrix", ""};
  return all;
}

TEST(quantization_page, terminal_of_80_columns_splits_the_table) {
  EXPECT_EQ(quantization_page(files(), Format::table, {80, false}),
            "precision    type      size  bits/weight         tensors\n"
            "int4       Q4_K_M  2.00 MiB        5.063  Q4_K 24, F32 9\n"
            "int8         Q8_0\n"
            "IQ1_S       IQ1_S\n"
            "\n"
            "precision                    importance matrix    time       state        sha256\n"
            "int4       embedded, 146 samples, 74752 tokens  2.50 s        made  0123456789ab\n"
            "int8                                      none          to be made\n"
            "IQ1_S                                                       failed\n"
            "\n"
            "int4: /out/a,b.gguf\n"
            "int4: 4 of blk.*.ffn_down.weight with rows of 160 elements are stored as Q5_0\n"
            "int8: /cache/q8.gguf\n");
}

TEST(quantization_page, markdown) {
  EXPECT_EQ(
      quantization_page(files(), Format::md, {}),
      "| precision | type | size | bits/weight | tensors | importance matrix | time | state | sha256 |\n"
      "|---|---:|---:|---:|---:|---:|---:|---:|---:|\n"
      "| int4 | Q4\\_K\\_M | 2.00 MiB | 5.063 | Q4\\_K 24, F32 9 | embedded, 146 samples, 74752 tokens | "
      "2.50 s | made | 0123456789ab |\n"
      "| int8 | Q8\\_0 |  |  |  | none |  | to be made |  |\n"
      "| *IQ1\\_S* | *IQ1\\_S* |  |  |  |  |  | *failed* |  |\n"
      "\n"
      "- int4: /out/a,b.gguf\n"
      "- int4: 4 of blk.\\*.ffn\\_down.weight with rows of 160 elements are stored as Q5\\_0\n"
      "- int8: /cache/q8.gguf\n");
}

TEST(quantization_page, csv_is_plain_numbers_with_the_path_last) {
  EXPECT_EQ(quantization_page(files(), Format::csv, {}),
            "precision,file_type,state,file_bytes,bits_per_weight,seconds,sha256,path\n"
            "int4,Q4_K_M,made,2097152,5.0633,2.5,0123456789abcdef,\"/out/a,b.gguf\"\n"
            "int8,Q8_0,to be made,,,,,/cache/q8.gguf\n"
            "IQ1_S,IQ1_S,failed,,,,,\n");
}

TEST(quantization_page, json_has_the_error_in_place_of_a_file) {
  const auto json = base::parse_json(quantization_page(files(), Format::json, {}), "page").value();
  ASSERT_EQ(json.size(), 3U);
  EXPECT_EQ(json[0]["path"], "/out/a,b.gguf");
  EXPECT_EQ(json[0]["importance_matrix"]["samples"], 146);
  EXPECT_EQ(json[2]["error"]["message"], "no matrix");
  EXPECT_FALSE(json[2].contains("path"));
}

}  // namespace
}  // namespace bantam::report
