// Answers of many requests on a few streams: those that each request gives alone, whatever their number and
// order of ending, and the same every time.

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "engine/llama/engine.hpp"
#include "support/shared.hpp"

namespace bantam::engine {
namespace {

std::unique_ptr<Engine> open_nano(Capacity capacity) {
  plan::EngineSettings settings;
  settings.threads = 1;
  settings.cache_type_k = settings.cache_type_v = "f32";
  settings.flash_attn = "off";
  const ModelFile nano(std::string(BANTAM_SOURCE_DIR) + "/models/nano/nano-f16.gguf");
  auto engine = open_llama(nano, settings, capacity, nullptr);
  if (!engine) ADD_FAILURE() << engine.error().message;
  return engine ? *std::move(engine) : nullptr;
}

// Of different lengths, all with the same beginning of more than 16 tokens.
std::vector<GenerateRequest> questions(const std::string& beginning) {
  std::vector<GenerateRequest> requests;
  for (int n = 1; n <= 11; ++n) {
    const std::string more(static_cast<std::size_t>(n % 3) * 8, '.');
    requests.push_back(
        {beginning + "Question: Mia has " + std::to_string(n) + " shells" + more + ".\nAnswer:", {}});
  }
  return requests;
}

GenerateOptions answers() {
  GenerateOptions options;
  options.max_new_tokens = 20;
  options.stop = {"."};
  options.refill = true;
  return options;
}

constexpr const char* kExamples =
    "Question: Tom has 2 cats and gets 3 more cats. How many cats are there?\nAnswer: 2 + 3 = 5\n#### 5\n\n";

void expect_answers_as_alone(const std::string& beginning) {
  const auto engine = open_nano({256, 3});
  ASSERT_TRUE(engine);
  const auto requests = questions(beginning);
  const auto together = engine->generate(requests, answers());
  ASSERT_TRUE(together) << together.error().message;
  ASSERT_EQ(together->size(), requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const auto alone = engine->generate({&requests[i], 1}, answers());
    ASSERT_TRUE(alone);
    const Generation& one = (*together)[i];
    if (one.tokens.empty()) {  // the end token came first
      EXPECT_EQ(one.finish, "stop");
    }
    // Sums in another order may turn the choice between two equally good tokens.
    if (one.smallest_top2_gap > 1e-3) {
      EXPECT_EQ(one.text, alone->front().text) << i;
    }
    EXPECT_EQ(one.finish, alone->front().finish) << i;
    EXPECT_EQ(one.token_ns.size(), one.tokens.size());
  }
}

TEST(LlamaGenerateQueue, AnswersAsEachRequestAlone) {
  expect_answers_as_alone("");
}

TEST(LlamaGenerateQueue, SharesTheBeginningOfPrompts) {
  expect_answers_as_alone(std::string(kExamples) + kExamples);
}

TEST(LlamaGenerateQueue, GivesTheSameBitsEveryTime) {
  const auto engine = open_nano({256, 4});
  ASSERT_TRUE(engine);
  const auto requests = questions(kExamples);
  const auto first = engine->generate(requests, answers());
  const GenerateRequest other{"Once upon a time", {}};
  ASSERT_TRUE(engine->generate({&other, 1}, answers()));
  const auto second = engine->generate(requests, answers());
  ASSERT_TRUE(first && second);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    EXPECT_EQ((*first)[i].tokens, (*second)[i].tokens);
    EXPECT_EQ((*first)[i].smallest_top2_gap, (*second)[i].smallest_top2_gap);
  }
}

TEST(LlamaGenerateQueue, EqualPromptsKeepATokenOfTheirOwn) {
  const auto engine = open_nano({256, 2});
  ASSERT_TRUE(engine);
  const std::vector<GenerateRequest> requests(5, {std::string(kExamples) + "Question:", {}});
  const auto all = engine->generate(requests, answers());
  ASSERT_TRUE(all) << all.error().message;
  for (const Generation& one : *all) EXPECT_EQ(one.text, all->front().text);
}

TEST(LlamaGenerateQueue, RefusesPromptsThatLeaveNoRoomOrAreEmpty) {
  const auto engine = open_nano({256, 2});
  ASSERT_TRUE(engine);
  const std::vector<GenerateRequest> requests{{"Hi", {}}, {"", {}}};
  EXPECT_FALSE(engine->generate(requests, answers()));
  const GenerateRequest long_one{"", std::vector<Token>(256, 5)};
  EXPECT_FALSE(engine->generate({&long_one, 1}, answers()));
}

GenerateOptions drawn(double temperature) {
  GenerateOptions options = answers();
  options.stop.clear();
  options.sampling = Sampling{.temperature = temperature, .top_k = 50};
  return options;
}

// Sums in another order may turn a draw that falls beside the border of two tokens; other draws would agree
// on hardly any answer.
TEST(LlamaSampling, ADrawFollowsFromItsSeedAndNotFromItsNeighbours) {
  const auto engine = open_nano({256, 3});
  ASSERT_TRUE(engine);
  auto requests = questions("");
  for (std::size_t i = 0; i < requests.size(); ++i) requests[i].seed = i;
  const auto together = engine->generate(requests, drawn(1.0));
  ASSERT_TRUE(together) << together.error().message;
  const auto again = engine->generate(requests, drawn(1.0));
  ASSERT_TRUE(again);
  std::size_t equal = 0;
  std::size_t equal_of_others = 0;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    EXPECT_EQ((*together)[i].tokens, (*again)[i].tokens) << i;
    const auto alone = engine->generate({&requests[i], 1}, drawn(1.0));
    GenerateRequest other = requests[i];
    other.seed += 1000;
    const auto other_draws = engine->generate({&other, 1}, drawn(1.0));
    ASSERT_TRUE(alone && other_draws);
    equal += (*together)[i].text == alone->front().text ? 1U : 0U;
    equal_of_others += (*together)[i].text == other_draws->front().text ? 1U : 0U;
  }
  EXPECT_GE(equal, requests.size() - 2);
  EXPECT_LE(equal_of_others, 2U);
}

TEST(LlamaSampling, OtherSeedsGiveOtherAnswersAndNoTemperatureTheGreedyOne) {
  const auto engine = open_nano({256, 4});
  ASSERT_TRUE(engine);
  std::vector<GenerateRequest> requests(8, questions("").front());
  for (std::size_t i = 0; i < requests.size(); ++i) requests[i].seed = i;
  const auto texts = [&](double temperature) {
    std::set<std::string> all;
    const auto generated = engine->generate(requests, drawn(temperature)).value();
    for (const Generation& one : generated) all.insert(one.text);
    return all;
  };
  EXPECT_GT(texts(1.5).size(), 4U);
  GenerateOptions greedy = answers();
  greedy.stop.clear();
  const auto best = engine->generate({&requests[0], 1}, greedy).value().front();
  EXPECT_EQ(texts(1e-4), std::set<std::string>{best.text});
}

TEST(LlamaSampling, IsRefusedWhereTimeIsMeasured) {
  const auto engine = open_nano({256, 1});
  ASSERT_TRUE(engine);
  const GenerateRequest request = questions("").front();
  GenerateOptions options = drawn(1.0);
  options.refill = false;
  const auto timed = engine->generate({&request, 1}, options);
  ASSERT_FALSE(timed);
  EXPECT_EQ(timed.error().kind, base::ErrorKind::usage);
}

}  // namespace
}  // namespace bantam::engine
