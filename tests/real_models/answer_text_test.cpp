// The text of generated tokens, against decode() of Transformers (tests/data/oracle/README.md).

#include <gtest/gtest.h>
#include <llama.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/llama/text.hpp"
#include "support/gguf_builder.hpp"
#include "support/json_lines.hpp"
#include "support/temp_dir.hpp"

namespace bantam::engine {
namespace {

using base::Json;

struct Free {
  void operator()(llama_model* model) const { llama_model_free(model); }
};
using Model = std::unique_ptr<llama_model, Free>;

// An array of i32, as its key's value in GGUF.
std::string whole_numbers(const Json& values) {
  using support::GgufBuilder;
  std::string bytes =
      GgufBuilder::bytes_of(std::uint32_t{5}) + GgufBuilder::bytes_of(std::uint64_t{values.size()});
  for (const Json& value : values) bytes += GgufBuilder::bytes_of(value.get<std::int32_t>());
  return bytes;
}

// A file with the line's tokenizer and no weights.
Model tokenizer_of(const Json& line, const std::filesystem::path& path) {
  support::GgufBuilder gguf;
  gguf.text("general.architecture", "llama")
      .u32("llama.context_length", 128)
      .u32("llama.embedding_length", 32)
      .u32("llama.block_count", 1)
      .u32("llama.feed_forward_length", 64)
      .u32("llama.attention.head_count", 4)
      .text("tokenizer.ggml.model", line["model"].get<std::string>())
      .text("tokenizer.ggml.pre", "default")
      .texts("tokenizer.ggml.tokens", line["tokens"].get<std::vector<std::string>>())
      .raw("tokenizer.ggml.token_type", 9, whole_numbers(line["types"]))
      .texts("tokenizer.ggml.merges", {})
      .u32("tokenizer.ggml.bos_token_id", 1)
      .u32("tokenizer.ggml.eos_token_id", 2);
  if (line.contains("add_space_prefix")) {
    gguf.boolean("tokenizer.ggml.add_space_prefix", line["add_space_prefix"].get<bool>());
  }
  support::write_bytes(path, gguf.bytes());
  llama_log_set(
      [](ggml_log_level level, const char* text, void*) {
        if (level == GGML_LOG_LEVEL_ERROR) std::fputs(text, stderr);
      },
      nullptr);
  llama_model_params params = llama_model_default_params();
  params.vocab_only = true;
  return Model(llama_model_load_from_file(path.c_str(), params));
}

TEST(AnswerText, IsWhatTransformersDecodes) {
  const support::TempDir folder;
  const std::filesystem::path oracle = std::filesystem::path(BANTAM_SOURCE_DIR) / "tests/data/oracle";
  for (const Json& line : support::json_lines(oracle / "transformers/decoded_answers.jsonl")) {
    const Model model = tokenizer_of(line, folder.path() / "m.gguf");
    ASSERT_TRUE(model) << line["name"];
    const AnswerText start(llama_model_get_vocab(model.get()));
    for (const Json& one : line["cases"]) {
      AnswerText answer = start;
      std::string text;
      for (const Token token : one["tokens"].get<std::vector<Token>>()) answer.append(token, text);
      EXPECT_EQ(text, one["text"].get<std::string>()) << line["name"] << ' ' << one["tokens"];
    }
  }
}

}  // namespace
}  // namespace bantam::engine
