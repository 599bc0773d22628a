// Scores of architectures that attend through a sliding window, and of one that does not, against the logits
// of the same tokens computed one after the other.

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "engine/llama/engine.hpp"
#include "shape/llama/shape_file.hpp"
#include "support/temp_dir.hpp"

namespace bantam::engine {
namespace {

using Tokens = std::vector<Token>;

struct Architecture {
  std::string name;
  std::string own_fields;  // of the shape, beside those that all have
};
void PrintTo(const Architecture& architecture, std::ostream* out) {
  *out << architecture.name;
}

// A window of 16 tokens: the requests below are several times as long.
const std::vector<Architecture> kArchitectures = {
    {"llama", ""},
    {"gemma2", "sliding_window: 16, attention_softcap: 50, final_softcap: 30,"},
    {"gemma3", "sliding_window: 16, rope_base_local: 10000,"},
};

shape::Shape small_shape(const Architecture& architecture) {
  return shape::parse_shape(
             "{name: small, title: Small, source: made up, published_parameters: 1, "
             "layers: 6, embedding: 64, feed_forward: 96, heads: 4, kv_heads: 2, head_size: 16, "
             "vocabulary: 16384, context: 256, tied_embeddings: true, norm_epsilon: 1.0e-6, "
             "rope_base: 10000, tokenizer: llama, adds_bos: true, " +
                 architecture.own_fields + " architecture: " + architecture.name + "}",
             "small")
      .value();
}

Tokens random_tokens(std::size_t count, std::mt19937& random) {
  std::uniform_int_distribution<Token> any(300, 1000);
  Tokens tokens(count);
  for (Token& token : tokens) token = any(random);
  return tokens;
}

// Questions after common examples, with endings of some tokens; the last question has one-token answers.
std::vector<ScoreRequest> requests_with_much_in_common() {
  std::mt19937 random(11);
  const Tokens examples = random_tokens(70, random);
  std::vector<ScoreRequest> requests;
  for (std::size_t question = 0; question < 4; ++question) {
    Tokens context = examples;
    const Tokens own = random_tokens(20 + question, random);
    context.insert(context.end(), own.begin(), own.end());
    for (std::size_t ending = 0; ending < 3; ++ending) {
      requests.push_back({context, random_tokens(question == 3 ? 1 : 4 + ending, random)});
    }
  }
  requests.push_back({{random_tokens(1, random)}, random_tokens(40, random)});
  return requests;
}

double log_probability(std::span<const float> logits, Token token) {
  double sum = 0.0;
  for (const float logit : logits) sum += std::exp(static_cast<double>(logit));
  return static_cast<double>(logits[static_cast<std::size_t>(token)]) - std::log(sum);
}

// Token by token, in an empty cache.
double one_by_one(Engine& engine, const ScoreRequest& request) {
  std::vector<float> row(static_cast<std::size_t>(engine.properties().vocabulary));
  Tokens inputs = request.context;
  inputs.insert(inputs.end(), request.continuation.begin(), request.continuation.end());
  double sum = 0.0;
  for (std::size_t i = 0; i + 1 < inputs.size(); ++i) {
    EXPECT_TRUE(engine.extend({&inputs[i], 1}, i == 0, row));
    if (i + 1 >= request.context.size()) sum += log_probability(row, inputs[i + 1]);
  }
  return sum;
}

class ScoreWindows : public testing::TestWithParam<Architecture> {};

TEST_P(ScoreWindows, AreThoseOfTokensComputedOneByOne) {
  const support::TempDir folder;
  const auto file = folder.path() / "m.gguf";
  ASSERT_TRUE(shape::write_synthetic(small_shape(GetParam()), "F32", file));
  plan::EngineSettings settings;
  settings.cache_type_k = settings.cache_type_v = "f32";
  settings.flash_attn = "off";
  settings.threads = 1;
  auto opened = open_llama(file, settings, {256, 1}, nullptr);
  ASSERT_TRUE(opened) << opened.error().message;
  Engine& engine = **opened;
  const std::vector<ScoreRequest> requests = requests_with_much_in_common();
  const auto scores = engine.score(requests);
  ASSERT_TRUE(scores) << scores.error().message;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    EXPECT_NEAR((*scores)[i].log_likelihood, one_by_one(engine, requests[i]), 1e-3) << "request " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Architectures, ScoreWindows, testing::ValuesIn(kArchitectures),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace bantam::engine
