// Speculative decoding on real models: the tokens are those of decoding one by one, whatever proposes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "engine/llama/engine.hpp"
#include "engine/speculation.hpp"
#include "model/llama/quantize.hpp"
#include "support/shared.hpp"
#include "support/temp_dir.hpp"

namespace bantam::engine {
namespace {

using std::filesystem::path;

path nano() {
  return path(BANTAM_SOURCE_DIR) / "models/nano/nano-f16.gguf";
}

base::Result<std::unique_ptr<Engine>> open(const path& model, const std::optional<Draft>& draft,
                                           int context = 512) {
  plan::EngineSettings settings;
  settings.threads = 1;
  return open_llama(model, settings, {context, 1}, nullptr, draft);
}

std::vector<std::string> prompts() {
  return {"Once upon a time",
          plan::kDefaultPrompt,
          "one two three one two three one two three one",
          "Question: Tom has 2 cats and gets 3 more cats. How many cats are there?\nAnswer:",
          "The sea",
          "a a a a a a a a",
          "Review: The food was cold and the waiter was rude.\nSentiment:",
          "Mia has a red ball. Tom has a blue ball. Mia has a"};
}

struct Counts {
  std::int64_t drafted = 0;
  std::int64_t accepted = 0;
};

// Compares with an engine that knows nothing of drafts.
Counts expect_equal_tokens(const path& model, const Draft& draft, int new_tokens, int context = 512) {
  const auto plain = open(model, std::nullopt, context);
  const auto fast = open(model, draft, context);
  Counts counts;
  EXPECT_TRUE(plain && fast);
  if (!plain || !fast) return counts;
  auto* speculator = dynamic_cast<Speculator*>(fast->get());
  EXPECT_NE(speculator, nullptr);
  GenerateOptions options;
  options.max_new_tokens = new_tokens;
  for (const bool ignore_eos : {true, false}) {
    options.ignore_eos = ignore_eos;
    for (const std::string& prompt : prompts()) {
      const GenerateRequest request{prompt, {}};
      const Generation wanted = (*plain)->generate({&request, 1}, options).value().front();
      const PlainRun alone = speculator->generate_without_draft(request, options).value();
      EXPECT_EQ(alone.generation.tokens, wanted.tokens) << prompt;
      const Generation given = (*fast)->generate({&request, 1}, options).value().front();
      EXPECT_EQ(given.tokens, wanted.tokens) << prompt;
      EXPECT_EQ(given.text, wanted.text);
      EXPECT_EQ(given.finish, wanted.finish);
      EXPECT_EQ(given.token_ns.size(), given.tokens.size());
      EXPECT_EQ(given.prompt_tokens, wanted.prompt_tokens);
      counts.drafted += given.drafted_tokens.value_or(0);
      counts.accepted += given.accepted_tokens.value_or(0);
    }
  }
  return counts;
}

TEST(Speculation, PromptLookupGivesTheSameTokensAtEachPrecision) {
  const support::TempDir folder;
  for (const char* type : {"F32", "F16", "Q8_0", "Q4_K_M", "Q4_0"}) {
    SCOPED_TRACE(type);
    const path file = folder.path() / (std::string(type) + ".gguf");
    ASSERT_TRUE(model::quantize_file(nano(), file, type, 1));
    const Counts counts = expect_equal_tokens(file, {std::nullopt, 8}, 96);
    EXPECT_GT(counts.accepted, 0);
    EXPECT_LT(counts.accepted, counts.drafted);
  }
}

TEST(Speculation, TheStepsOfTheCacheAreNoEdge) {
  expect_equal_tokens(nano(), {std::nullopt, 8}, 280, 1024);
}

TEST(Speculation, SharedModelsGiveTheSameTokens) {
  SKIP_WITHOUT_SHARED("models/stories260K/stories260K-f32.gguf");
  const path models = support::shared_folder() / "models";
  expect_equal_tokens(models / "stories260K/stories260K-f32.gguf", {std::nullopt, 8}, 50, 120);
  expect_equal_tokens(models / "probe/probe-f16.gguf", {std::nullopt, 5}, 80);
}

// Its sums may differ in the last bits, as it computes other batches.
TEST(Speculation, AModelThatDraftsForItselfIsRight) {
  const Counts counts = expect_equal_tokens(nano(), {ModelFile(nano()), 6}, 60);
  EXPECT_GT(counts.drafted, 0);
  EXPECT_GE(static_cast<double>(counts.accepted), 0.98 * static_cast<double>(counts.drafted));
}

TEST(Speculation, AWorseDraftGivesTheSameTokens) {
  const support::TempDir folder;
  const path worse = folder.path() / "worse.gguf";
  ASSERT_TRUE(model::quantize_file(nano(), worse, "Q2_K", 1));
  const Counts counts = expect_equal_tokens(nano(), {ModelFile(worse), 4}, 60);
  EXPECT_GT(counts.accepted, 0);
  EXPECT_LT(counts.accepted, counts.drafted);
}

TEST(Speculation, ADraftWithOtherTokensIsRefused) {
  SKIP_WITHOUT_SHARED("models/stories260K/stories260K-f32.gguf");
  const ModelFile other(support::shared_folder() / "models/stories260K/stories260K-f32.gguf");
  const auto opened = open(nano(), Draft{other, 8}, 100);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, base::ErrorKind::bad_input);
  EXPECT_THAT(opened.error().message, testing::HasSubstr("the draft model has other tokens"));
}

TEST(Speculation, StopStringsEndIt) {
  const auto plain = open(nano(), std::nullopt);
  const auto fast = open(nano(), Draft{ModelFile(nano()), 8});
  ASSERT_TRUE(plain && fast);
  GenerateOptions options;
  options.max_new_tokens = 60;
  options.stop = {".", "he "};
  for (const std::string& prompt : prompts()) {
    const GenerateRequest request{prompt, {}};
    const auto wanted = (*plain)->generate({&request, 1}, options).value().front();
    const auto given = (*fast)->generate({&request, 1}, options).value().front();
    EXPECT_EQ(given.tokens, wanted.tokens) << prompt;
    EXPECT_EQ(given.text, wanted.text);
    EXPECT_EQ(given.finish, wanted.finish);
  }
}

TEST(Speculation, RequestsThatRunTogetherAreDecodedWithoutDraft) {
  plan::EngineSettings settings;
  settings.threads = 1;
  const auto fast = open_llama(nano(), settings, {128, 2}, nullptr, Draft{std::nullopt, 8});
  ASSERT_TRUE(fast);
  GenerateOptions options;
  options.max_new_tokens = 20;
  const std::vector<GenerateRequest> requests{{"a a a a", {}}, {"a a a a", {}}};
  EXPECT_FALSE((*fast)->generate(requests, options).value().front().drafted_tokens);
}

}  // namespace
}  // namespace bantam::engine
