#include <chrono>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "base/json.hpp"
#include "score/choices.hpp"
#include "score/filters.hpp"
#include "score/pattern.hpp"
#include "score/python_text.hpp"
#include "score/text_match.hpp"

namespace bantam::score {
namespace {

using Matches = std::vector<std::vector<std::string>>;

Matches find_all(std::string_view pattern, std::string_view text) {
  const auto compiled = Pattern::compile(pattern);
  EXPECT_TRUE(compiled) << pattern;
  return compiled ? *compiled->find_all(text) : Matches{};
}

// Expected values: Python 3.11, re.findall.
TEST(Pattern, FindsWhatPythonFinds) {
  EXPECT_EQ(find_all("a|b", "xaby"), (Matches{{"a"}, {"b"}}));
  EXPECT_EQ(find_all("(a)(b)?", "aba"), (Matches{{"a", "b"}, {"a", ""}}));
  EXPECT_EQ(find_all("a*", "baac"), (Matches{{""}, {"aa"}, {""}, {""}}));
  EXPECT_EQ(find_all("(?P<x>.)(?P=x)", "aabbc"), (Matches{{"a"}, {"b"}}));
  EXPECT_EQ(find_all("[[&]+", "a[[&]"), (Matches{{"[[&"}}));
  EXPECT_EQ(find_all("[]a]+", "x]a]"), (Matches{{"]a]"}}));
  EXPECT_EQ(find_all("{x}", "{x}"), (Matches{{"{x}"}}));
  EXPECT_EQ(find_all("x{,2}y", "xxy xxxy"), (Matches{{"xxy"}, {"xxy"}}));
  EXPECT_EQ(find_all("a.c",
                     "a\xC2\x85"
                     "c a\nc"),
            (Matches{{"a\xC2\x85"
                      "c"}}));
  EXPECT_EQ(find_all("b\\Z", "b\nb"), (Matches{{"b"}}));
  EXPECT_EQ(find_all("\xC3\xA9+", "caf\xC3\xA9\xC3\xA9"), (Matches{{"\xC3\xA9\xC3\xA9"}}));
}

TEST(Pattern, CatastrophicBacktrackingEndsInTime) {
  const auto pattern = Pattern::compile("(a+)+$");
  ASSERT_TRUE(pattern);
  const auto found = pattern->find_all(std::string(64, 'a') + "b");
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().message.find("time limit"), std::string::npos);
}

TEST(Pattern, AReplacementThatRunsOutOfTimeIsAnError) {
  const auto pattern = Pattern::compile("(a+)+$");
  ASSERT_TRUE(pattern);
  const auto replaced = pattern->replace_all(std::string(64, 'a') + "b", "");
  ASSERT_FALSE(replaced);
  EXPECT_NE(replaced.error().message.find("time limit"), std::string::npos);
}

// re.sub of Python 3.11
TEST(Pattern, ReplacesAsPythonDoes) {
  const auto replaced = [](const char* pattern, const char* text, const char* with) {
    return Pattern::compile(pattern)->replace_all(text, with).value();
  };
  EXPECT_EQ(replaced("[,$]", "$1,234,567", ""), "1234567");
  EXPECT_EQ(replaced("x*", "axb", "-"), "-a--b-");
  EXPECT_EQ(replaced("(?i)the ", "The cat the END", ""), "cat END");
  EXPECT_EQ(replaced("(\\d)(\\d)", "12 34", "$2$1"), "21 43");
  EXPECT_EQ(replaced("z", "", "q"), "");
}

TEST(Pattern, InvalidIsAnErrorThatNamesIt) {
  const auto pattern = Pattern::compile("(a");
  ASSERT_FALSE(pattern);
  EXPECT_NE(pattern.error().message.find("(a"), std::string::npos);
}

TEST(PythonText, WhiteSpaceIsUnicode) {
  EXPECT_EQ(strip(" \t\xC2\xA0x y\xE3\x80\x80\n"), "x y");
  EXPECT_EQ(strip_end(" x \x1f"), " x");
  EXPECT_EQ(count_split_pieces(" a b\n\nc "), 5);  // ['', 'a', 'b', 'c', '']
  EXPECT_EQ(count_split_pieces(""), 1);
  EXPECT_EQ(capitalize("\xC3\xA9T\xC3\x89"), "\xC3\x89t\xC3\xA9");
}

Filtered filtered(const char* steps, std::vector<std::string> responses) {
  const auto pipeline = FilterPipeline::make(base::Json::parse(steps));
  EXPECT_TRUE(pipeline);
  return pipeline->apply(std::move(responses));
}

TEST(Filters, RegexTakesTheFirstFilledGroupAndElseTheFallback) {
  const char* steps =
      R"json([{"function": "regex", "regex_pattern": "(x)|(\\d+)", "group_select": -1, "fallback": "none"}])json";
  EXPECT_EQ(filtered(steps, {"x 12"}).answers, std::vector<std::string>{"12"});
  const Filtered missed = filtered(steps, {"abc"});
  EXPECT_EQ(missed.answers, std::vector<std::string>{"none"});
  EXPECT_TRUE(missed.unparsed);
}

TEST(Filters, MajorityVoteTakesTheEarliestOfTheMostFrequent) {
  EXPECT_EQ(filtered(R"([{"function": "majority_vote"}])", {"a", "b", "b", "a"}).answers,
            std::vector<std::string>{"a"});
}

TEST(Filters, WhatIsLeftOfSeveralAnswersIsParsedOrNot) {
  const std::string regex = R"json({"function": "regex", "regex_pattern": "(\\d+)"})json";
  const auto given = [&](const char* last) {
    return filtered(("[" + regex + "," + last + "]").c_str(), {"none", "7", "it is 7"});
  };
  const Filtered first = given(R"({"function": "take_first"})");
  EXPECT_EQ(first.answers, std::vector<std::string>{"[invalid]"});
  EXPECT_TRUE(first.unparsed);
  const Filtered voted = given(R"({"function": "majority_vote"})");
  EXPECT_EQ(voted.answers, std::vector<std::string>{"7"});
  EXPECT_FALSE(voted.unparsed);
}

// Expected: lm-eval 0.4.13's MultiChoiceRegexFilter.
TEST(Filters, ChoicesAreFoundByLetterOrText) {
  const auto pipeline = FilterPipeline::make(base::Json::parse(
      R"json([{"function": "multi_choice_regex", "regex_pattern": "(\\([A-Z]\\))", "ignore_case": true,
               "ignore_punctuation": true}])json"));
  ASSERT_TRUE(pipeline);
  const base::Json row{{"choices", {"Red wine", "Red", "Blue, deep"}}};
  const Filtered found =
      pipeline->apply({"It is (B).", "I say red wine!", "blue deep it is", "So: C", "red"}, row);
  EXPECT_EQ(found.answers, (std::vector<std::string>{"(B)", "(A)", "(C)", "(C)", "(B)"}));
  EXPECT_FALSE(found.unparsed);
  const Filtered missed = pipeline->apply({"nothing"}, row);
  EXPECT_EQ(missed.answers, std::vector<std::string>{"[invalid]"});
  EXPECT_TRUE(missed.unparsed);
  // Any text that is not empty is true, as in Python.
  const auto texts = FilterPipeline::make(base::Json::parse(
      R"json([{"function": "multi_choice_regex", "regex_pattern": "(\\([A-Z]\\))", "ignore_case": "false"}])json"));
  ASSERT_TRUE(texts);
  EXPECT_EQ(texts->apply({"I say RED WINE"}, row).answers, std::vector<std::string>{"(A)"});
}

// Expected: lm-eval 0.4.13's POSFilter and SPANFilter.
TEST(Filters, TagsOfPairsBecomeAList) {
  const char* steps = R"json([{"function": "regex_pos"}])json";
  EXPECT_EQ(filtered(steps, {"[('Mia', 'NOUN'), ('runs', 'VERB')]"}).answers,
            std::vector<std::string>{"['NOUN', 'VERB']"});
  const Filtered missed = filtered(steps, {"NOUN VERB"});
  EXPECT_EQ(missed.answers, std::vector<std::string>{"['invalid']"});
  EXPECT_TRUE(missed.unparsed);
}

TEST(Filters, EntitiesGetOneLabelEach) {
  const char* steps = R"json([{"function": "format_span"}])json";
  EXPECT_EQ(filtered(steps, {"Person: Mia, Tom $$ place: Oslo $$ LOCATION : Rome\nDate: none$$"}).answers,
            std::vector<std::string>{"per: mia $ per: tom $ loc: rome"});
  EXPECT_EQ(filtered(steps, {"people: Ann\nthe country: none"}).answers,
            std::vector<std::string>{"per: ann"});
  const Filtered missed = filtered(steps, {"Mia lives in Oslo"});
  EXPECT_EQ(missed.answers, std::vector<std::string>{""});
  EXPECT_TRUE(missed.unparsed);
}

TEST(Filters, APythonFunctionIsRefusedByItsName) {
  const auto made = FilterPipeline::make(
      base::Json::parse(R"json([{"function": "custom", "filter_fn": {"!function": "utils.pick"}}])json"));
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message.find("'utils.pick', which cannot run here"), std::string::npos);
}

// Backtracking over 2^40 ways takes hours; the time limit ends it within a second.
TEST(Filters, APatternThatExplodesCountsAsNotFound) {
  const auto begin = std::chrono::steady_clock::now();
  const Filtered given =
      filtered(R"json([{"function": "regex", "regex_pattern": "(a+)+$"}])json", {std::string(40, 'a') + "b"});
  EXPECT_TRUE(given.unparsed);
  EXPECT_EQ(given.answers, std::vector<std::string>{"[invalid]"});
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

TEST(Filters, UnknownStepIsNamed) {
  const auto pipeline = FilterPipeline::make(base::Json::parse(R"([{"function": "arg_max"}])"));
  ASSERT_FALSE(pipeline);
  EXPECT_NE(pipeline.error().message.find("arg_max"), std::string::npos);
}

TEST(Choices, TiesGoToTheFirstAndLengthIsInCodePoints) {
  EXPECT_EQ(arg_max(std::vector<double>{-2.0, -1.0, -1.0}), 1u);
  // 4 code points in 8 bytes against 5 in 5.
  const Predictions predictions =
      predict(std::vector<double>{-4.0, -4.5}, {"\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9", "abcde"});
  EXPECT_EQ(predictions.plain, 0u);
  EXPECT_EQ(predictions.by_length, 1u);
  EXPECT_EQ(predictions.by_bytes, 0u);
}

TEST(Aggregates, StandardErrorOfOneValueIsAbsent) {
  EXPECT_FALSE(mean_stderr(std::vector<double>{1.0}));
  EXPECT_FALSE(mean({}));
  // statistics.stdev([1, 0, 0, 1]) / 2
  EXPECT_NEAR(*mean_stderr(std::vector<double>{1, 0, 0, 1}), 0.2886751345948129, 1e-15);
}

TEST(Aggregates, PerplexityOverWordsAndBytes) {
  const std::vector<Weighted> values{{-2.0, 1.0}, {-4.0, 2.0}};
  EXPECT_NEAR(*weighted_perplexity(values), std::exp(2.0), 1e-12);
  EXPECT_NEAR(*bits_per_weight(values), 2.0 / std::log(2.0), 1e-12);
  EXPECT_FALSE(weighted_perplexity({}));
}

// Expected values: scikit-learn 1.9.1, f1_score and matthews_corrcoef.
TEST(Aggregates, F1AndMatthewsCorrelation) {
  const std::vector<Classified> items{{1, 1}, {1, 0}, {0, 0}, {0, 1}, {1, 1}};
  EXPECT_NEAR(f1_of_class_one(items), 2.0 / 3.0, 1e-12);
  EXPECT_NEAR(matthews_correlation(items), 1.0 / 6.0, 1e-12);
  EXPECT_EQ(matthews_correlation(std::vector<Classified>{{1, 0}, {1, 0}}), 0.0);
}

// 40, 40 and 50 items with their standard errors: the group of lm-eval's own run in oracle/lm_eval.
TEST(Aggregates, GroupsAreWeightedBySize) {
  const std::vector<Member> members{
      {0.2, 0.06405126152203486, 40}, {0.35, 0.07637626158259733, 40}, {0.18, 0.05488392203513871, 50}};
  EXPECT_NEAR(*group_mean(members, true), 0.23846153846153847, 1e-15);
  EXPECT_NEAR(*group_stderr(members, true), 0.03722669434228002, 1e-15);
  EXPECT_NEAR(*group_mean(members, false), 0.73 / 3.0, 1e-15);
  // lm-eval 0.4.13: unweighted_mean_stderr([0.06405126152203486, 0.07637626158259733, 0.05488392203513871])
  EXPECT_NEAR(*group_stderr(members, false), 0.03792996811941218, 1e-15);
}

}  // namespace
}  // namespace bantam::score
