// The llama engine on two small models: equal to the reference text and to lm-evaluation-harness, the same
// alone and in company, and errors instead of crashes.

#include "engine/llama/engine.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "support/shared.hpp"
#include "support/temp_dir.hpp"

namespace bantam::engine {
namespace {

using support::shared_folder;

constexpr const char* kStories = "models/stories260K/stories260K-f32.gguf";
constexpr const char* kProbe = "models/probe/probe-f32.gguf";
constexpr const char* kGoldens = "oracle/lm_eval/expected.jsonl";

// The settings under which the reference values hold to 0.001 (oracle/lm_eval/README.md).
plan::EngineSettings exact_settings() {
  plan::EngineSettings settings;
  settings.cache_type_k = "f32";
  settings.cache_type_v = "f32";
  settings.flash_attn = "off";
  settings.threads = 1;  // the result does not depend on it, and a busy machine is slow with more
  return settings;
}

std::unique_ptr<Engine> open_exact(const char* model, Capacity capacity, Heartbeat* heartbeat = nullptr) {
  auto engine = open_llama(shared_folder() / model, exact_settings(), capacity, heartbeat);
  if (!engine) ADD_FAILURE() << engine.error().message;
  return engine ? *std::move(engine) : nullptr;
}

struct Golden {
  ScoreRequest request;
  double log_likelihood = 0.0;
  bool is_greedy = false;
};

// The requests of all multiple-choice items whose task begins with `task`, in the file's order.
std::vector<Golden> goldens_of(const std::string& task, std::size_t most_items) {
  std::vector<Golden> goldens;
  std::size_t items = 0;
  for (const base::Json& item : support::shared_json_lines(kGoldens)) {
    if (items == most_items) break;
    if (base::string_at(item, "kind") != "item" || base::string_at(item, "task")->rfind(task, 0) != 0)
      continue;
    ++items;
    for (const base::Json& request : item["requests"]) {
      Golden golden;
      const base::Json& owner = request.contains("context_tokens") ? request : item;
      golden.request.context = owner["context_tokens"].get<std::vector<Token>>();
      golden.request.continuation = request["continuation_tokens"].get<std::vector<Token>>();
      golden.log_likelihood = request["loglikelihood"].get<double>();
      golden.is_greedy = request["is_greedy"].get<bool>();
      goldens.push_back(std::move(golden));
    }
  }
  return goldens;
}

std::vector<ScoreRequest> requests_of(const std::vector<Golden>& goldens) {
  std::vector<ScoreRequest> requests;
  for (const Golden& golden : goldens) requests.push_back(golden.request);
  return requests;
}

GenerateOptions tokens_at_most(int count) {
  GenerateOptions options;
  options.max_new_tokens = count;
  return options;
}

TEST(LlamaEngine, TellsTheStoryThatTheReferenceProgramTells) {
  SKIP_WITHOUT_SHARED(kStories);
  auto engine = open_exact(kStories, {128, 1});
  ASSERT_TRUE(engine);
  const GenerateRequest request{{}, {engine->properties().bos.value()}};
  const auto generated = engine->generate({&request, 1}, tokens_at_most(200));
  ASSERT_TRUE(generated) << generated.error().message;
  const auto expected = base::read_file(shared_folder() / "models/stories260K/expected_greedy.txt");
  // The file's context ends before the story does: 128 tokens, one of them BOS.
  EXPECT_EQ(generated->front().tokens.size(), 127U);
  const std::string& text = generated->front().text;
  EXPECT_GT(text.size(), 200U);
  EXPECT_EQ(text, expected->substr(0, text.size()));
  EXPECT_EQ(generated->front().finish, "length");
}

TEST(LlamaEngine, StampsEveryTokenInOrder) {
  SKIP_WITHOUT_SHARED(kStories);
  Heartbeat beats{0};
  auto engine = open_exact(kStories, {128, 1}, &beats);
  ASSERT_TRUE(engine);
  const std::uint64_t beats_before = beats.load();
  const std::int64_t before_ns = base::MonotonicClock().now_ns();
  const GenerateRequest request{"Once upon a time", {}};
  const auto generated = engine->generate({&request, 1}, tokens_at_most(32));
  ASSERT_TRUE(generated) << generated.error().message;
  const Generation& one = generated->front();
  ASSERT_EQ(one.token_ns.size(), one.tokens.size());
  EXPECT_LE(before_ns, one.submitted_ns);
  EXPECT_LT(one.submitted_ns, one.prefill_done_ns);
  EXPECT_LE(one.prefill_done_ns, one.token_ns.front());
  EXPECT_TRUE(std::is_sorted(one.token_ns.begin(), one.token_ns.end()));
  EXPECT_LE(one.token_ns.back(), base::MonotonicClock().now_ns());
  EXPECT_EQ(one.cached_tokens, 0);
  EXPECT_GE(beats.load() - beats_before, one.tokens.size());
}

TEST(LlamaEngine, StopsAtAStopString) {
  SKIP_WITHOUT_SHARED(kStories);
  auto engine = open_exact(kStories, {128, 1});
  ASSERT_TRUE(engine);
  GenerateOptions options = tokens_at_most(200);
  options.stop = {"named"};
  const GenerateRequest request{{}, {engine->properties().bos.value()}};
  const auto generated = engine->generate({&request, 1}, options);
  ASSERT_TRUE(generated) << generated.error().message;
  const Generation& one = generated->front();
  EXPECT_EQ(one.finish, "stop");
  EXPECT_NE(one.text.find("named"), std::string::npos);
  EXPECT_EQ(engine->detokenize(std::span(one.tokens).first(one.tokens.size() - 1)).find("named"),
            std::string::npos);
}

TEST(LlamaEngine, GivesTheTokensOfTheReferenceTokenizer) {
  SKIP_WITHOUT_SHARED(kProbe);
  SKIP_WITHOUT_SHARED(kGoldens);
  auto engine = open_exact(kProbe, {256, 1});
  ASSERT_TRUE(engine);
  int texts = 0;
  for (const base::Json& item : support::shared_json_lines(kGoldens)) {
    if (texts == 300) break;
    if (!item.contains("context_tokens")) continue;
    // The tokens stand after the move of trailing spaces to the continuation.
    const auto text = item["context"].get<std::string>();
    if (text.empty() || std::isspace(static_cast<unsigned char>(text.back())) != 0) continue;
    ++texts;
    ASSERT_EQ(engine->tokenize(text, false).value(), item["context_tokens"].get<std::vector<Token>>())
        << text;
  }
  EXPECT_EQ(texts, 300);
}

class ScoresOfLmEval : public testing::TestWithParam<const char*> {};

TEST_P(ScoresOfLmEval, AreReproduced) {
  SKIP_WITHOUT_SHARED(kProbe);
  SKIP_WITHOUT_SHARED(kGoldens);
  auto engine = open_exact(kProbe, {2048, 4});
  ASSERT_TRUE(engine);
  const std::vector<Golden> goldens = goldens_of(GetParam(), 1000);
  ASSERT_GE(goldens.size(), 400U);
  const auto scores = engine->score(requests_of(goldens));
  ASSERT_TRUE(scores) << scores.error().message;
  for (std::size_t i = 0; i < goldens.size(); ++i) {
    EXPECT_NEAR((*scores)[i].log_likelihood, goldens[i].log_likelihood, 1e-3) << "request " << i;
    EXPECT_EQ((*scores)[i].is_greedy, goldens[i].is_greedy) << "request " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Tasks, ScoresOfLmEval, testing::Values("probe_hellaswag", "probe_mmlu"),
                         [](const auto& task) { return std::string(task.param); });

TEST(LlamaEngine, ScoresTheSameAloneAndInCompany) {
  SKIP_WITHOUT_SHARED(kProbe);
  SKIP_WITHOUT_SHARED(kGoldens);
  auto engine = open_exact(kProbe, {2048, 4});
  ASSERT_TRUE(engine);
  for (const char* task : {"probe_hellaswag", "probe_mmlu_astronomy", "probe_winogrande", "probe_arc_easy"}) {
    const std::vector<ScoreRequest> requests = requests_of(goldens_of(task, 4));
    const auto together = engine->score(requests).value();
    const auto again = engine->score(requests).value();
    for (std::size_t i = 0; i < requests.size(); ++i) {
      const Score alone = engine->score({&requests[i], 1}).value().front();
      EXPECT_NEAR(together[i].log_likelihood, alone.log_likelihood, 1e-4) << task << " request " << i;
      EXPECT_EQ(together[i].is_greedy, alone.is_greedy);
      EXPECT_EQ(together[i].log_likelihood,
                again[i].log_likelihood);  // what was asked before leaves no trace
    }
  }
}

TEST(LlamaEngine, GeneratesTheSameAloneAndInCompany) {
  SKIP_WITHOUT_SHARED(kProbe);
  auto engine = open_exact(kProbe, {256, 4});
  ASSERT_TRUE(engine);
  const std::vector<GenerateRequest> requests = {{"The city is", {}},
                                                 {"In 1998 the band released their second album", {}},
                                                 {"Question: What is two plus two?\nAnswer:", {}},
                                                 {"A man", {}}};
  GenerateOptions options = tokens_at_most(40);
  for (const bool ignore_eos : {false, true}) {
    options.ignore_eos = ignore_eos;
    const auto together = engine->generate(requests, options).value();
    const auto again = engine->generate(requests, options).value();
    ASSERT_EQ(together.size(), requests.size());
    for (std::size_t i = 0; i < requests.size(); ++i) {
      const Generation alone = engine->generate({&requests[i], 1}, options).value().front();
      EXPECT_EQ(together[i].tokens, alone.tokens) << requests[i].prompt;
      EXPECT_EQ(together[i].tokens, again[i].tokens);
      EXPECT_EQ(together[i].finish, alone.finish);
      if (ignore_eos) {
        EXPECT_EQ(alone.tokens.size(), 40U);
      }
    }
  }
}

TEST(LlamaEngine, AGenerationBetweenScoresChangesNothing) {
  SKIP_WITHOUT_SHARED(kProbe);
  auto engine = open_exact(kProbe, {256, 1});
  ASSERT_TRUE(engine);
  const ScoreRequest request{{39, 261, 622}, {381, 83, 663}};
  const Score before = engine->score({&request, 1}).value().front();
  const GenerateRequest generate{"The city is", {}};
  ASSERT_TRUE(engine->generate({&generate, 1}, tokens_at_most(8)));
  EXPECT_EQ(engine->score({&request, 1}).value().front().log_likelihood, before.log_likelihood);
}

TEST(LlamaEngine, SaysWhatItIs) {
  SKIP_WITHOUT_SHARED(kProbe);
  auto engine = open_exact(kProbe, {300, 2});
  ASSERT_TRUE(engine);
  const Properties& properties = engine->properties();
  EXPECT_EQ(properties.architecture, "llama");
  EXPECT_EQ(properties.parameters, 3'672'320);
  EXPECT_EQ(properties.vocabulary, 2048);
  EXPECT_EQ(properties.context_train, 2048);
  EXPECT_EQ(properties.context, 1024);  // 300 tokens in steps of 256, for two streams
  EXPECT_EQ(properties.request_tokens, 512);
  EXPECT_EQ(properties.bos, 0);
  EXPECT_EQ(properties.eos, 1);
  EXPECT_FALSE(properties.adds_bos);
  const MemoryUse memory = engine->memory();
  // 4 layers x 2 heads x 64 values x (K and V) x 4 bytes a cell.
  EXPECT_EQ(memory.kv_bytes, 1024LL * 4 * 2 * 64 * 2 * 4);
  EXPECT_GE(memory.weights_bytes.value(), properties.weight_bytes);
  EXPECT_FALSE(memory.device_bytes);
}

TEST(LlamaEngine, RefusesWhatDoesNotFitTheContext) {
  SKIP_WITHOUT_SHARED(kProbe);
  const auto path = shared_folder() / kProbe;
  const auto too_long = open_llama(path, exact_settings(), {4096, 1}, nullptr);
  ASSERT_FALSE(too_long);
  EXPECT_EQ(too_long.error().kind, base::ErrorKind::bad_input);
  EXPECT_NE(too_long.error().message.find("2048"), std::string::npos) << too_long.error().message;

  auto engine = open_exact(kProbe, {256, 1});
  const ScoreRequest score{std::vector<Token>(256, 5), {7, 8}};
  EXPECT_EQ(engine->score({&score, 1}).error().kind, base::ErrorKind::bad_input);
  const GenerateRequest prompt{{}, std::vector<Token>(256, 5)};
  EXPECT_EQ(engine->generate({&prompt, 1}, tokens_at_most(1)).error().kind, base::ErrorKind::bad_input);
  const GenerateRequest empty{"", {}};
  EXPECT_EQ(engine->generate({&empty, 1}, tokens_at_most(1)).error().kind, base::ErrorKind::bad_input);
}

TEST(LlamaEngine, AnUnknownCacheTypeIsAUsageError) {
  SKIP_WITHOUT_SHARED(kProbe);
  plan::EngineSettings settings;
  settings.cache_type_k = "f17";
  const auto engine = open_llama(shared_folder() / kProbe, settings, {}, nullptr);
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().kind, base::ErrorKind::usage);
}

TEST(LlamaEngine, ATruncatedFileIsAnErrorWithAReason) {
  SKIP_WITHOUT_SHARED(kProbe);
  const support::TempDir folder;
  const auto whole = base::read_file(shared_folder() / kProbe);
  for (const double part : {0.0, 0.001, 0.5, 0.99}) {
    const auto path = folder.path() / "cut.gguf";
    const auto length = static_cast<std::size_t>(part * static_cast<double>(whole->size()));
    std::ofstream(path, std::ios::binary) << whole->substr(0, length);
    const auto engine = open_llama(path, {}, {}, nullptr);
    ASSERT_FALSE(engine) << part;
    EXPECT_EQ(engine.error().kind, base::ErrorKind::bad_input);
    EXPECT_NE(engine.error().message.find("cut.gguf"), std::string::npos) << engine.error().message;
  }
}

TEST(LlamaEngine, WeightsThatAreNotNumbersAreAnIntegrityError) {
  SKIP_WITHOUT_SHARED(kProbe);
  const support::TempDir folder;
  std::string content = *base::read_file(shared_folder() / kProbe);
  std::fill(content.end() - 4096, content.end(), '\xFF');  // as float32: NaN
  std::ofstream(folder.path() / "nan.gguf", std::ios::binary) << content;
  auto engine = open_llama(folder.path() / "nan.gguf", exact_settings(), {256, 1}, nullptr);
  ASSERT_TRUE(engine) << engine.error().message;
  const ScoreRequest score{{39, 261}, {381}};
  EXPECT_EQ((*engine)->score({&score, 1}).error().kind, base::ErrorKind::integrity);
  const GenerateRequest prompt{"The city is", {}};
  EXPECT_EQ((*engine)->generate({&prompt, 1}, tokens_at_most(4)).error().kind, base::ErrorKind::integrity);
}

}  // namespace
}  // namespace bantam::engine
