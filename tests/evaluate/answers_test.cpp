#include "evaluate/answers.hpp"

#include <gtest/gtest.h>

namespace bantam::evaluate {
namespace {

engine::Generation text(const std::string& text, const std::string& finish = "stop") {
  engine::Generation generation;
  generation.text = text;
  generation.finish = finish;
  return generation;
}

const ThinkTags kThink{"<think>", "</think>"};

TEST(Answers, AreCutAtTheFirstStopString) {
  EXPECT_EQ(cut_answer(text("4\n\nQ: 5\n"), {"\n\n", "Q:"}, nullptr, false).text, "4");
  EXPECT_EQ(cut_answer(text("<think>a</think> b"), {}, nullptr, false).text, "<think>a</think> b");
  EXPECT_TRUE(cut_answer(text(" \n"), {}, nullptr, false).empty);
  EXPECT_TRUE(cut_answer(text("4", "length"), {}, nullptr, false).truncated);
}

// lm-eval's postprocess_generated_text: generation.split(tag)[-1].lstrip(), then the stop strings.
TEST(Answers, BeginBehindTheLastBlockOfThought) {
  const Answer answer = cut_answer(text("<think>1\n\n2</think>\n\n 42\n\nso"), {"\n\n"}, &kThink, false);
  EXPECT_EQ(answer.text, "42");
  EXPECT_FALSE(answer.incomplete);
  EXPECT_EQ(cut_answer(text("a</think>b</think>c"), {}, &kThink, true).text, "c");
  EXPECT_EQ(cut_answer(text("no thought"), {}, &kThink, false).text, "no thought");
}

TEST(Answers, AreIncompleteWhenTheThoughtNeverEnds) {
  const Answer answer = cut_answer(text("\n<think>1 + 1 = 2", "length"), {}, &kThink, false);
  EXPECT_TRUE(answer.incomplete);
  EXPECT_TRUE(answer.truncated);
  EXPECT_FALSE(answer.empty);
  EXPECT_EQ(answer.text, "");
  EXPECT_TRUE(cut_answer(text("1 + 1 = 2"), {}, &kThink, true).incomplete);
}

TEST(Answers, TagsAreThoseOfTheTemplateOrAsked) {
  EXPECT_EQ(think_tags("auto", "{{ content.split('</think>')[-1] }}")->open, "<think>");
  EXPECT_FALSE(think_tags("auto", "{{ content }}"));
  EXPECT_FALSE(think_tags("off", "</think>"));
  EXPECT_EQ(think_tags("</reason>", "")->open, "<reason>");
  EXPECT_EQ(think_tags("[/THINK]", "")->open, "[THINK]");
  EXPECT_EQ(think_tags("<|message|>", "")->open, "");
}

TEST(Answers, OnlyTheTemplateOpensAThoughtInThePrompt) {
  EXPECT_TRUE(ends_in_thought({{"hi", true}, {"<|assistant|>\n<think>\n", false}}, kThink));
  EXPECT_FALSE(ends_in_thought({{"<|assistant|>", false}, {"<think>", true}}, kThink));
  EXPECT_FALSE(ends_in_thought({{"<think>\n\n</think>\n\n", false}}, kThink));
}

}  // namespace
}  // namespace bantam::evaluate
