// Files of shapes with random weights, run and compared with what llama.cpp's own quantizer makes of them.
#include "shape/llama/shape_file.hpp"

#include <ggml.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "engine/llama/engine.hpp"
#include "gguf/reader.hpp"
#include "model/llama/quantize.hpp"
#include "plan/plan.hpp"
#include "plan/precision.hpp"
#include "support/temp_dir.hpp"

namespace bantam::model {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

shape::Shape shape(std::string_view name) {
  return shape::find_shape(name).value();
}

// Has what decides types: row sizes that K-quants cannot take (320) and ones that they can (512), five
// queries for each key, and enough layers for the rules that treat the first and the last ones better.
shape::Shape small_decoder() {
  return shape::parse_shape(
             "{name: small, title: Small, source: made up, published_parameters: 1, architecture: llama,"
             " layers: 16, embedding: 320, feed_forward: 512, heads: 5, kv_heads: 1, head_size: 64,"
             " vocabulary: 16384, context: 512, tied_embeddings: false, norm_epsilon: 1.0e-5,"
             " rope_base: 10000, tokenizer: llama, adds_bos: true}",
             "small")
      .value();
}

int files_in(const fs::path& folder) {
  return static_cast<int>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

// Every type whose choice depends on the place of a tensor, on a shape with row sizes that K-quants cannot
// take (384) and with ones that they can (1536).
TEST(Synthetic, HasTheTypesThatTheQuantizerGives) {
  const support::TempDir folder;
  const fs::path source = folder.path() / "f16.gguf";
  ASSERT_TRUE(shape::write_synthetic(small_decoder(), "F16", source));
  for (const char* type : {"Q2_K", "Q3_K_M", "Q4_0", "Q4_K_M", "Q5_K_M", "IQ4_XS", "BF16"}) {
    const fs::path quantized = folder.path() / "quantized.gguf";
    const fs::path synthetic = folder.path() / "synthetic.gguf";
    ASSERT_TRUE(quantize_file(source, quantized, type, 2)) << type;
    ASSERT_TRUE(shape::write_synthetic(small_decoder(), type, synthetic)) << type;
    const gguf::GgufContent expected = gguf::read_gguf(quantized).value();
    const gguf::GgufContent got = gguf::read_gguf(synthetic).value();
    ASSERT_EQ(got.tensors.size(), expected.tensors.size());
    for (std::size_t i = 0; i < expected.tensors.size(); ++i) {
      EXPECT_EQ(got.tensors[i].name, expected.tensors[i].name) << type;
      EXPECT_EQ(got.tensors[i].type.name, expected.tensors[i].type.name)
          << type << " " << got.tensors[i].name;
      EXPECT_EQ(got.tensors[i].shape, expected.tensors[i].shape) << got.tensors[i].name;
    }
  }
}

TEST(Synthetic, BlocksAreValid) {
  const support::TempDir folder;
  const fs::path path = folder.path() / "m.gguf";
  for (const char* type :
       {"F32", "BF16", "Q4_0", "Q5_1", "Q8_0", "Q2_K", "Q4_K_M", "Q6_K", "IQ2_XXS", "IQ4_XS"}) {
    ASSERT_TRUE(shape::write_synthetic(shape("minilm"), type, path)) << type;
    const gguf::GgufContent content = gguf::read_gguf(path).value();
    const std::string bytes = base::read_file(path).value();
    for (const gguf::Tensor& tensor : content.tensors) {
      EXPECT_TRUE(ggml_validate_row_data(static_cast<ggml_type>(tensor.type.id),
                                         bytes.data() + content.data_offset + tensor.offset, tensor.bytes))
          << type << " " << tensor.name;
    }
  }
}

TEST(Synthetic, EveryKnownPrecisionIsMadeOrRefusedClearly) {
  for (const plan::Precision& precision : plan::known_precisions()) {
    const auto described = shape::describe(small_decoder(), precision.llama_type);
    if (described) {
      EXPECT_EQ(described->file_type, precision.llama_type);
      continue;
    }
    EXPECT_EQ(described.error().kind, base::ErrorKind::bad_input) << precision.name;
    EXPECT_THAT(described.error().message, HasSubstr("cannot be made as")) << precision.name;
  }
}

TEST(Synthetic, IsDescribedBeforeItIsWritten) {
  const support::TempDir folder;
  const fs::path path = folder.path() / "m.gguf";
  for (const shape::Shape& each : {shape("minilm"), shape("smollm2-135m"), small_decoder()}) {
    for (const char* type : {"Q4_K_M", "F16"}) {
      ASSERT_TRUE(shape::write_synthetic(each, type, path));
      EXPECT_EQ(to_json(shape::describe(each, type).value()), to_json(gguf::inspect(path).value()))
          << each.name;
      EXPECT_EQ(shape::describe(each, type)->file_bytes, static_cast<std::int64_t>(fs::file_size(path)));
    }
  }
}

TEST(Synthetic, FollowsFromItsSeed) {
  const support::TempDir folder;
  const fs::path one = folder.path() / "1.gguf", same = folder.path() / "2.gguf",
                 other = folder.path() / "3.gguf";
  ASSERT_TRUE(shape::write_synthetic(shape("minilm"), "Q8_0", one, 7));
  ASSERT_TRUE(shape::write_synthetic(shape("minilm"), "Q8_0", same, 7));
  ASSERT_TRUE(shape::write_synthetic(shape("minilm"), "Q8_0", other, 8));
  EXPECT_EQ(base::sha256_of_file(one).value(), base::sha256_of_file(same).value());
  EXPECT_NE(base::sha256_of_file(one).value(), base::sha256_of_file(other).value());
  EXPECT_NE(shape::synthetic_identity(shape("minilm"), "Q8_0", "q", 7),
            shape::synthetic_identity(shape("minilm"), "Q8_0", "q", 8));
}

TEST(Synthetic, SaysSoInItsMetadata) {
  const support::TempDir folder;
  ASSERT_TRUE(shape::write_synthetic(shape("minilm"), "Q8_0", folder.path() / "m.gguf", 7));
  const gguf::GgufContent content = gguf::read_gguf(folder.path() / "m.gguf").value();
  ASSERT_NE(content.find_key(gguf::kSyntheticKey), nullptr);
  EXPECT_EQ(content.find_key(gguf::kSyntheticKey)->value, "bantam 1 seed 7 shape all-minilm-l6-v2");
}

// The default prompt has 32 words in 166 characters; real vocabularies write it in 35 to 40 tokens.
TEST(Synthetic, RunsAndWritesEnglishInAboutAsManyTokensAsRealModels) {
  const support::TempDir folder;
  const fs::path path = folder.path() / "m.gguf";
  ASSERT_TRUE(shape::write_synthetic(shape("smollm2-135m"), "Q4_0", path));
  plan::EngineSettings settings;
  settings.threads = 1;
  auto engine = engine::open_llama(path, settings, engine::Capacity{1, 256}, nullptr);
  ASSERT_TRUE(engine) << engine.error().message;
  EXPECT_EQ((*engine)->properties().parameters, 134'515'008);
  EXPECT_EQ((*engine)->properties().vocabulary, 49152);

  const auto tokens = (*engine)->tokenize(plan::kDefaultPrompt, false);
  ASSERT_TRUE(tokens);
  EXPECT_GE(tokens->size(), 34U);
  EXPECT_LE(tokens->size(), 44U);
  EXPECT_EQ((*engine)->detokenize(*tokens), plan::kDefaultPrompt);
  const std::string anything = "Grüße, 東京! \t\n\x01 naïve \xF0\x9F\x98\x80";
  EXPECT_EQ((*engine)->detokenize((*engine)->tokenize(anything, false).value()), anything);

  engine::GenerateOptions options;
  options.max_new_tokens = 8;
  options.ignore_eos = true;
  const std::vector<engine::GenerateRequest> requests(1, {plan::kDefaultPrompt, {}});
  const auto generated = (*engine)->generate(requests, options);
  ASSERT_TRUE(generated) << generated.error().message;
  EXPECT_EQ(generated->front().tokens.size(), 8U);
}

// A limit on the size of files stands in for a disk that becomes full.
TEST(Synthetic, ADiskThatBecomesFullIsAStorageErrorAndLeavesNothing) {
  const support::TempDir folder;
  const auto old_action = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old_limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old_limit), 0);
  const rlimit limit{1'000'000, old_limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  const auto made = shape::write_synthetic(shape("minilm"), "Q8_0", folder.path() / "m.gguf");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old_limit), 0);
  std::signal(SIGXFSZ, old_action);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, base::ErrorKind::storage) << made.error().message;
  EXPECT_EQ(files_in(folder.path()), 0);
}

TEST(Synthetic, AFolderThatCannotBeWrittenIsAStorageError) {
  const auto made = shape::write_synthetic(shape("minilm"), "Q8_0", "/dev/full/m.gguf");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, base::ErrorKind::storage);
}

TEST(Synthetic, NoChoiceOfTypesIsPrinted) {
  testing::internal::CaptureStderr();
  ASSERT_TRUE(shape::describe(shape("smollm2-135m"), "Q4_K_M"));  // 576 columns: every K-quant falls back
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace bantam::model
