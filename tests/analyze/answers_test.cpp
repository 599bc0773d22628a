#include "analyze/answers.hpp"

#include <gtest/gtest.h>
#include <map>

#include "support/sample_records.hpp"

namespace bantam::analyze {
namespace {

using record::Item;

Item answered(std::int64_t number, const std::string& text, std::map<std::string, double> metrics = {}) {
  return {"similarity",
          number,
          {{"prompt", "prompt " + std::to_string(number)}, {"answer", text}},
          std::move(metrics)};
}

Item written(std::int64_t number, const std::string& text) {
  return {"gsm", number, {{"context", "a question"}, {"resps", base::Json::array({text})}}, {}};
}

std::vector<Configuration> two_precisions() {
  std::vector<Configuration> all;
  for (const char* precision : {"fp16", "int4"}) {
    Configuration& configuration = all.emplace_back();
    configuration.model = "nano";
    configuration.precision = precision;
    for (const char* task : {"gsm", "similarity", "qa"}) {
      configuration.cells[task] = support::cell("nano", precision, task);
    }
  }
  return all;
}

base::Result<std::vector<Item>> items_of(const std::string& key) {
  static const std::map<std::string, std::vector<Item>> kItems{
      {"nano/fp16/similarity", {answered(0, "yes"), answered(1, "no")}},
      {"nano/int4/similarity",
       {answered(0, "yes", {{"equal_answer", 1.0}, {"equal_tokens", 3.0}, {"cosine", 1.0}}),
        answered(1, "yes", {{"equal_answer", 0.0}, {"equal_tokens", 0.0}})}},
      {"nano/fp16/gsm", {written(7, "42")}},
      {"nano/int4/gsm", {written(7, "41")}},
      {"nano/fp16/qa", support::items("qa", 2, 1)}};  // nothing is written
  const auto found = kItems.find(key);
  return found == kItems.end() ? std::vector<Item>{} : found->second;
}

TEST(Answers, StandPromptByPromptSimilarityFirst) {
  const auto prompts = find_answers(two_precisions(), "", items_of);
  ASSERT_TRUE(prompts);
  ASSERT_EQ(prompts->size(), 3U);
  EXPECT_EQ((*prompts)[0].prompt, "prompt 0");
  EXPECT_EQ((*prompts)[1].doc_id, 1);
  EXPECT_EQ((*prompts)[2].task, "gsm");
  EXPECT_EQ((*prompts)[2].prompt, "a question");
  for (const PromptAnswers& prompt : *prompts) {
    ASSERT_EQ(prompt.answers.size(), 2U);
    EXPECT_EQ(prompt.answers[0].precision, "fp16");
    EXPECT_EQ(prompt.answers[1].precision, "int4");
  }
}

TEST(Answers, SayHowLikeTheBaseTheyAre) {
  const auto prompts = find_answers(two_precisions(), "", items_of);
  ASSERT_TRUE(prompts);
  const auto& first = (*prompts)[0].answers;
  EXPECT_EQ(first[0].same, std::nullopt);
  EXPECT_EQ(first[1].same, true);
  EXPECT_EQ(first[1].equal_tokens, 3.0);
  EXPECT_EQ(first[1].cosine, 1.0);
  EXPECT_EQ((*prompts)[1].answers[1].same, false);
  EXPECT_EQ((*prompts)[1].answers[1].cosine, std::nullopt);
  const auto& written = (*prompts)[2].answers;
  EXPECT_EQ(written[0].same, std::nullopt);
  EXPECT_EQ(written[1].same, false);
  const auto against_int4 = find_answers(two_precisions(), "int4", items_of);
  EXPECT_EQ((*against_int4)[2].answers[0].same, false);
  EXPECT_EQ((*against_int4)[2].answers[1].same, std::nullopt);
}

}  // namespace
}  // namespace bantam::analyze
