// Expected verdicts: lm-evaluation-harness 0.4.13's ifeval checks on the same answers, those on sentences by
// hand.
#include "score/instructions.hpp"

#include <gtest/gtest.h>

#include "score/english.hpp"

namespace bantam::score {
namespace {

using base::Json;

struct Case {
  const char* kind;
  const char* arguments;
  const char* answer;
  bool followed;
};

const Case kCases[] = {
    {"keywords:existence", R"({"keywords": ["harbour", "lamp"]})", "A Lamp in the harbours.", true},
    {"keywords:existence", R"({"keywords": ["harbour", "lamp"]})", "A lamp.", false},
    {"keywords:frequency", R"({"keyword": " sea ", "frequency": 2, "relation": "at least"})", "Sea, season.",
     true},
    {"keywords:frequency", R"({"keyword": "sea", "frequency": 2, "relation": "less than"})", "Sea, season.",
     false},
    {"keywords:forbidden_words", R"({"forbidden_words": ["sea"]})", "The season ends.", true},
    {"keywords:forbidden_words", R"({"forbidden_words": ["sea"]})", "The SEA.", false},
    {"keywords:letter_frequency", R"({"letter": "E", "let_frequency": 3, "let_relation": "at least"})",
     "Eerie", true},
    {"keywords:letter_frequency", R"({"letter": "E", "let_frequency": 3, "let_relation": "less than"})",
     "Eerie", false},
    {"length_constraints:number_words", R"({"num_words": 4, "relation": "at least"})", "well-kept, it's",
     true},
    {"length_constraints:number_words", R"({"num_words": 4, "relation": "less than"})", "well-kept, it's",
     false},
    {"length_constraints:number_paragraphs", R"({"num_paragraphs": 2})", "***one***two ***", true},
    {"length_constraints:number_paragraphs", R"({"num_paragraphs": 2})", "one *** *** two", false},
    {"length_constraints:nth_paragraph_first_word",
     R"({"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "Then"})", "First.\n\n\"then, it rained.",
     true},
    {"length_constraints:nth_paragraph_first_word",
     R"({"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "Then"})", "First.\n\nThen-ish.", false},
    {"detectable_content:number_placeholders", R"({"num_placeholders": 2})", "[name] lives in [a\nb] [town]",
     true},
    {"detectable_content:number_placeholders", R"({"num_placeholders": 3})", "[name] lives in [a\nb] [town]",
     false},
    {"detectable_content:postscript", R"({"postscript_marker": "P.S."})", "Bye.\np. s. More", true},
    {"detectable_content:postscript", R"({"postscript_marker": "P.P.S"})", "Bye.\nP.S. More", false},
    {"detectable_format:number_bullet_lists", R"({"num_bullets": 3})", "* a\n - b\n* c\n** d", true},
    {"detectable_format:number_bullet_lists", R"({"num_bullets": 2})", "* a\n - b\n* c\n** d", false},
    {"detectable_format:constrained_response", "{}", "Well. My answer is no. Sorry.", true},
    {"detectable_format:constrained_response", "{}", "my answer is no.", false},
    {"detectable_format:number_highlighted_sections", R"({"num_highlights": 2})", "*a* **b**", true},
    {"detectable_format:number_highlighted_sections", R"({"num_highlights": 2})", "*a* ** **", false},
    {"detectable_format:multiple_sections", R"({"section_spliter": "Part", "num_sections": 2})",
     "Part 1 a\nPart2 b", true},
    {"detectable_format:multiple_sections", R"({"section_spliter": "Part", "num_sections": 2})",
     "Part 1 a, part 2", false},
    {"detectable_format:json_format", "{}", "```json\n{\"a\": [1, 2]}\n```", true},
    {"detectable_format:json_format", "{}", "Here: {\"a\": 1}", false},
    {"detectable_format:title", "{}", "<<The sea>>\nIt was.", true},
    {"detectable_format:title", "{}", "<<   >> <b>", false},
    {"combination:two_responses", "{}", "One.******Two.", true},
    {"combination:two_responses", "{}", "Same.****** Same. ", false},
    {"combination:repeat_prompt", R"({"prompt_to_repeat": "Say it."})", " say IT. Now this.", true},
    {"combination:repeat_prompt", R"({"prompt_to_repeat": "Say it."})", "Now. Say it.", false},
    {"startend:end_checker", R"({"end_phrase": "The end. "})", "So it was, the END.\"", true},
    {"startend:end_checker", R"({"end_phrase": "The end."})", "The end. Really.", false},
    {"startend:quotation", "{}", " \"All of it.\" ", true},
    {"startend:quotation", "{}", "\"", false},
    {"change_case:capital_word_frequency", R"({"capital_frequency": 2, "capital_relation": "at least"})",
     "I saw NASA.", true},
    {"change_case:capital_word_frequency", R"({"capital_frequency": 2, "capital_relation": "less than"})",
     "I saw NASA.", false},
    {"change_case:english_capital", "{}", "THE LAMP BURNED ALL NIGHT IN THE TOWER 7.", true},
    {"change_case:english_capital", "{}", "THE LAMp BURNED ALL NIGHT IN THE TOWER.", false},
    {"change_case:english_lowercase", "{}", "the lamp burned all night in the tower 7.", true},
    {"change_case:english_lowercase", "{}", "The lamp burned all night in the tower.", false},
    {"punctuation:no_comma", "{}", "No such mark; none.", true},
    {"punctuation:no_comma", "{}", "One, two", false},
};

TEST(Instructions, AreJudgedAsTheReferenceDoes) {
  for (const Case& one : kCases) {
    const auto verdict =
        follows({one.kind, base::parse_json(one.arguments, "arguments").value()}, one.answer);
    ASSERT_TRUE(verdict) << one.kind << ": " << verdict.error().message;
    EXPECT_EQ(*verdict, one.followed ? Followed::yes : Followed::no) << one.kind << ": " << one.answer;
  }
}

TEST(Instructions, CountSentencesByTheirPunctuation) {
  EXPECT_EQ(count_sentences(""), 0);
  EXPECT_EQ(count_sentences("A lamp burned. Who lit it? Nobody knew!"), 3);
  EXPECT_EQ(count_sentences("Mr. Hale paid 3.50 for it, e.g. in May.\nThen he left"), 2);
  EXPECT_EQ(count_sentences("first line\nsecond line\n\nthird line"), 1);
}

TEST(Instructions, AreLooselyFollowedWithoutFirstOrLastLine) {
  const std::vector<Instruction> asked{{"punctuation:no_comma", {}}, {"startend:quotation", {}}};
  const auto verdicts = judge_instructions(asked, "Sure, here it is:\n*\"A lamp.\"*\nAnything else, sir?");
  ASSERT_TRUE(verdicts);
  EXPECT_EQ(verdicts->strict, (std::vector{Followed::no, Followed::no}));
  EXPECT_EQ(verdicts->loose, (std::vector{Followed::yes, Followed::yes}));
  const auto empty = judge_instructions(asked, " \n");
  EXPECT_EQ(empty->strict, (std::vector{Followed::no, Followed::no}));
  EXPECT_EQ(empty->loose, (std::vector{Followed::no, Followed::no}));
}

TEST(Instructions, OfLanguageAreNotJudged) {
  EXPECT_EQ(*follows({"language:response_language", Json{{"language", "de"}}}, "Guten Tag."),
            Followed::unchecked);
}

TEST(Instructions, ThatCannotBeJudgedAreErrors) {
  const auto unknown = follows({"keywords:rhyme", {}}, "a");
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().message.find("keywords:rhyme"), std::string::npos);
  const auto incomplete = follows({"length_constraints:number_words", Json{{"relation", "at least"}}}, "a");
  ASSERT_FALSE(incomplete);
  EXPECT_NE(incomplete.error().message.find("num_words"), std::string::npos);
}

}  // namespace
}  // namespace bantam::score
