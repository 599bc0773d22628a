#include "report/inspection_page.hpp"

#include <gtest/gtest.h>

namespace bantam::report {
namespace {

using table::Format;

model::Inspection inspection() {
  model::Inspection seen;
  seen.reference = "nano.gguf";
  seen.where = "/models/nano.gguf";
  seen.model = gguf::ModelInfo{};
  gguf::ModelInfo& info = *seen.model;
  info.architecture = "llama";
  info.parameters = 3'610'000;
  info.weight_bytes = 4000;
  info.file_bytes = 8192;
  info.bits_per_weight = 16.0;
  info.file_type = "F16";
  info.context_train = 512;
  info.layers = 2;
  info.heads = 4;
  info.attention.kv_heads = {4, 2};
  info.attention.head_size_k = 64;
  info.attention.rope_scaling = "yarn";
  info.vocabulary = 3;
  info.tokenizer = "gpt2";
  info.tensor_types = {{"F16", 1, 1024, 3000}, {"F32", 2, 250, 1000}};
  seen.content.tokens = {"a", "<s>", "c"};
  seen.content.keys = {{"tokenizer.ggml.bos_token_id", gguf::ValueType::uint32, std::nullopt, 1}};
  gguf::Tensor tensor;
  tensor.name = "embd.weight";
  tensor.type.name = "F16";
  tensor.shape = {256, 4};
  tensor.elements = 1024;
  tensor.bytes = 2048;
  seen.content.tensors = {tensor};
  return seen;
}

TEST(inspection_page, facts_and_storage_types_for_a_terminal) {
  EXPECT_EQ(inspection_page(inspection(), {}, true, Format::table, {80, false}),
            "nano.gguf\n"
            "  where               /models/nano.gguf\n"
            "  architecture        llama\n"
            "  type                F16, 16.0 bits per weight\n"
            "  parameters          3.61 M\n"
            "  file size           8.00 KiB\n"
            "  context             512 tokens\n"
            "  layers              2\n"
            "  heads               4\n"
            "  KV heads            4 2 by layer\n"
            "  head size           64 elements\n"
            "  RoPE scaling        yarn\n"
            "  vocabulary          3 tokens, gpt2\n"
            "  bos token           1  <s>\n"
            "  chat template       none\n"
            "\n"
            "Storage types\n"
            "type  tensors  elements     bytes   share\n"
            "F16         1    1.02 K  2.93 KiB  75.0 %\n"
            "F32         2       250    1000 B  25.0 %\n"
            "\n"
            "Tensors\n"
            "name         type    shape     bytes\n"
            "embd.weight   F16  256 x 4  2.00 KiB\n");
}

TEST(inspection_page, an_adapter_as_markdown) {
  model::Inspection seen;
  seen.reference = "adapter.gguf";
  seen.adapter = model::AdapterInfo{"llama", "for <tests>", 16.0, 8, 2048, 4096, {}};
  EXPECT_EQ(inspection_page(seen, {}, false, Format::md, {}),
            "## LoRA adapter\n"
            "\n"
            "| | |\n"
            "|---|---|\n"
            "| name | for &lt;tests&gt; |\n"
            "| architecture | llama |\n"
            "| rank | 8 |\n"
            "| alpha | 16.0 |\n"
            "| weights it changes | 0 |\n"
            "| parameters | 2.05 K |\n"
            "| file size | 4.00 KiB |\n");
}

TEST(inspection_page, json_lists_tensors_only_when_asked) {
  const auto with =
      base::parse_json(inspection_page(inspection(), {}, true, Format::json, {}), "page").value();
  EXPECT_EQ(with["tensors"][0]["name"], "embd.weight");
  EXPECT_EQ(with["special_tokens"]["bos"]["text"], "<s>");
  const auto without =
      base::parse_json(inspection_page(inspection(), {}, false, Format::json, {}), "page").value();
  EXPECT_FALSE(without.contains("tensors"));
}

}  // namespace
}  // namespace bantam::report
