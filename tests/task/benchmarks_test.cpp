#include "task/benchmarks/benchmark.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <vector>

namespace bantam::task {
namespace {

using base::Json;
using metric::ItemScores;

base::Result<Json> processed_row(const char* function, const Json& row) {
  return row_function_named(function)->row(row);
}
base::Result<Json> field_value(const char* function, const Json& row) {
  return field_function_named(function)->value(row);
}
base::Result<ItemScores> results(const char* function, const Json& row, const std::string& answer) {
  return results_function_named(function)->of_answer(row, answer);
}

// Expected values: lm-eval 0.4.13, the utils.py of each task.
TEST(KnownFunctions, HellaswagRows) {
  const Json row =
      Json::parse(R"json({"activity_label": "Baking", "ctx_a": "A man mixes.", "ctx_b": "he THEN [x] stirs",
                                       "endings": ["it [title] done.", " ok  "], "label": "1"})json");
  const auto made = processed_row("hellaswag.process_docs", row);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->at("query"), "Baking: A man mixes. He then stirs");
  EXPECT_EQ(made->at("choices"), Json::array({"it. done.", "ok"}));
  EXPECT_EQ(made->at("gold"), 1);
  EXPECT_EQ(made->at("label"), "1");
}

TEST(KnownFunctions, HellaswagCapitalizesAsPython) {
  const auto query = [](const char* second) {
    const Json row{
        {"activity_label", "A"}, {"ctx_a", "b"}, {"ctx_b", second}, {"endings", {"e"}}, {"label", "0"}};
    return processed_row("hellaswag.process_docs", row)->at("query");
  };
  EXPECT_EQ(query("ǆXY"), "A: b ǅxy");
  EXPECT_EQ(query("ΑΣ ΣΑΣ"), "A: b Ας σας");
}

bool stays(const char* function, const Json& row) {
  const RowFunction* found = row_function_named(function);
  EXPECT_EQ(found->row, nullptr);
  return found->keeps(row, found->value).value();
}

TEST(KnownFunctions, RowsOfOneValueStay) {
  EXPECT_TRUE(stays("global_mmlu.process_anatomy", {{"subject", "anatomy"}}));
  EXPECT_FALSE(stays("global_mmlu.process_anatomy", {{"subject", "Anatomy"}}));
  EXPECT_FALSE(stays("global_mmlu.process_anatomy", {{"subject", nullptr}}));
  EXPECT_TRUE(stays("global_mmlu.process_social_sciences", {{"subject_category", "Social Sciences"}}));
  EXPECT_TRUE(stays("include.process_business_commerce", {{"domain", "Business & Commerce"}}));
  EXPECT_FALSE(stays("include.process_stem", {{"domain", "stem"}}));
  EXPECT_FALSE(stays("bigbench.filter_multiple_choice", {{"multiple_choice_targets", Json::array()}}));
  EXPECT_TRUE(stays("bigbench.filter_multiple_choice", {{"multiple_choice_targets", {""}}}));
  const RowFunction* found = row_function_named("global_mmlu.process_anatomy");
  const auto lacking = found->keeps({{"Subject", "anatomy"}}, found->value);
  ASSERT_FALSE(lacking);
  EXPECT_NE(lacking.error().message.find("subject"), std::string::npos);
}

// lm-eval 0.4.13: openai-mmmlu/default/utils.py, _normalize_subject_name.
TEST(KnownFunctions, ASubjectMayBeTheNameOfAFile) {
  const char* name = "openai_mmmlu.process_college_mathematics";
  for (const char* subject : {"college_mathematics", "college_mathematics_test.csv_sw-KE.csv",
                              "college_mathematics_test-sw.csv", "college_mathematics_test-x_test.csv"}) {
    const bool first_mark_only = std::string_view(subject).ends_with("x_test.csv");
    EXPECT_EQ(stays(name, {{"Subject", subject}}), !first_mark_only) << subject;
  }
  EXPECT_FALSE(stays(name, {{"Subject", "college_mathematics_dev.csv"}}));
  EXPECT_FALSE(stays(name, {{"Subject", 3}}));
}

TEST(KnownFunctions, WinograndeTexts) {
  const Json row{{"sentence", "Ann thanked Bea since _ helped. "},
                 {"option1", "Ann"},
                 {"option2", "Bea"},
                 {"answer", "2"}};
  EXPECT_EQ(*field_value("winogrande.doc_to_text", row), 1);
  EXPECT_EQ(*field_value("winogrande.doc_to_target", row), "helped.");
  EXPECT_EQ(*field_value("winogrande.doc_to_choice", row),
            Json::array({"Ann thanked Bea since Ann", "Ann thanked Bea since Bea"}));
}

TEST(KnownFunctions, CopaTexts) {
  const Json row{{"premise", "The lamp went out. "},
                 {"question", "cause"},
                 {"choice1", "The bulb broke."},
                 {"choice2", "It rained."},
                 {"label", 1}};
  EXPECT_EQ(*field_value("copa.doc_to_text", row), "The lamp went out because");
  EXPECT_EQ(*field_value("copa.doc_to_target", row), " it rained.");
}

TEST(KnownFunctions, CopaLettersAreNotBytes) {
  Json row{{"premise", "灯が消えた。\u3000"},
           {"question", "effect"},
           {"choice1", "Égal."},
           {"choice2", ""},
           {"label", false}};
  EXPECT_EQ(*field_value("copa.doc_to_text", row), "灯が消えた therefore");
  EXPECT_EQ(*field_value("copa.doc_to_target", row), " égal.");  // False == 0
  EXPECT_FALSE(field_value("copa.doc_to_choice", row));          // IndexError
}

TEST(KnownFunctions, CoqaTexts) {
  const Json row = Json::parse(
      R"json({"story": "S.", "questions": {"input_text": ["Who?", "Where?"]},
          "answers": {"input_text": ["Ann", "Home"]},
          "additional_answers": {"0": {"input_text": ["x", "HOME"]}, "1": {"input_text": ["x", "at home"]}}})json");
  EXPECT_EQ(*field_value("coqa.doc_to_text", row), "S.\n\nQ: Who?\n\nA: Ann\n\nQ: Where?\n\nA:");
  EXPECT_EQ(*field_value("coqa.doc_to_target", row), Json::array({"Home", "at home"}));
}

TEST(KnownFunctions, DropAnswersAreListedOnce) {
  const Json row = Json::parse(
      R"json({"passage": "p", "question": "q",
          "answer": {"number": "3", "date": {"day": "", "month": "", "year": ""}, "spans": []},
          "validated_answers": {"number": ["3", ""],
            "date": [{"day": "", "month": "", "year": ""}, {"day": "", "month": "May", "year": "1912"}],
            "spans": [[], []]}})json");
  EXPECT_EQ(processed_row("drop.process_docs", row)->at("answers"), Json::parse(R"([["3"], ["May 1912"]])"));
}

TEST(KnownFunctions, TruthfulqaAnswersEndInAFullStop) {
  const Json row = Json::parse(
      R"json({"question": " Q? ", "correct_answers": ["Yes ", ""], "incorrect_answers": ["No."]})json");
  const auto made = processed_row("truthfulqa.process_docs_gen", row);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->at("question"), "Q?");
  EXPECT_EQ(made->at("correct_answers"), Json::array({"Yes.", "I have no comment."}));
  EXPECT_EQ(made->at("incorrect_answers"), Json::array({"No."}));
}

TEST(KnownFunctions, MissingColumnIsNamed) {
  const auto made = processed_row("hellaswag.process_docs", Json{{"activity_label", "x"}});
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message.find("ctx_a"), std::string::npos);
}

// What task files of lm-eval name, and what messages list.
TEST(KnownFunctions, EveryOneIsListedOnce) {
  // What one module makes of many values is one entry.
  EXPECT_EQ(
      row_function_names(),
      "hellaswag.process_docs, truthfulqa.process_docs_gen, drop.process_docs, "
      "bigbench.filter_multiple_choice, global_mmlu.process_*, include.process_*, openai_mmmlu.process_*");
  EXPECT_EQ(field_function_names(),
            "wikitext.detokenizer, winogrande.doc_to_text, winogrande.doc_to_target, "
            "winogrande.doc_to_choice, copa.doc_to_text, copa.doc_to_target, copa.doc_to_choice, "
            "coqa.doc_to_text, coqa.doc_to_target");
  EXPECT_EQ(results_function_names(),
            "wikitext.process_results, squad.process_results, squad_v2.process_results, "
            "truthfulqa.process_results_mc2, truthfulqa.process_results_gen, drop.process_results, "
            "coqa.process_results, ifeval.process_results");
  EXPECT_EQ(aggregation_function_names(),
            "ifeval.agg_inst_level_acc, macro_f1_score, micro_f1_score, weighted_f1_score");
}

// A page that is not there has no words: nothing is counted in its place.
TEST(KnownFunctions, WikitextCountsThePageOnly) {
  const ResultsFunction* wikitext = results_function_named("wikitext.process_results");
  EXPECT_EQ(wikitext->counted_text(Json{{"page", "a b"}}), "a b");
  EXPECT_FALSE(wikitext->counted_text(Json{{"text", "a b"}}));
}

TEST(KnownResults, SquadV2ToldByWhetherThereIsAnAnswer) {
  const Json answered = Json::parse(R"({"answers": {"text": ["the Eiffel Tower"]}})");
  const ItemScores right = *results("squad_v2.process_results", answered, "Eiffel tower.");
  EXPECT_EQ(right.values.at("exact"), 1.0);
  EXPECT_EQ(right.values.at("HasAns_f1"), 1.0);
  EXPECT_FALSE(right.values.contains("NoAns_f1"));
  const Json unanswered = Json::parse(R"({"answers": {"text": []}})");
  const ItemScores declined = *results("squad_v2.process_results", unanswered, " Unanswerable.");
  EXPECT_EQ(declined.values.at("NoAns_exact"), 1.0);
}

// Expected: lm-eval 0.4.13, tasks/drop/utils.py, get_metrics.
TEST(KnownResults, DropAnswers) {
  struct Case {
    const char* answer;
    const char* golds;
    double em, f1;
  };
  for (const Case& each :
       {Case{"The 12 dogs.", R"([["12 dogs"]])", 1.0, 1.0}, Case{"about 5.0 yards", R"([["5"]])", 0.0, 0.5},
        Case{"Smith, Jones", R"([["Smith", "Jones"]])", 0.0, 0.33},
        Case{"forty-two men", R"([["42 men"]])", 0.0, 0.0},
        Case{"3 men-at-arms", R"([["3 men at arms"]])", 1.0, 1.0},
        Case{"in May", R"([["May 1912"]])", 0.0, 0.0},
        Case{"1,500 people", R"([["no"], ["1500 people"]])", 1.0, 1.0}}) {
    const auto scores =
        results("drop.process_results", Json{{"answers", Json::parse(each.golds)}}, each.answer);
    ASSERT_TRUE(scores);
    EXPECT_DOUBLE_EQ(scores->values.at("em"), each.em) << each.answer;
    EXPECT_DOUBLE_EQ(scores->values.at("f1"), each.f1) << each.answer;
  }
}

TEST(KnownResults, IfevalLeavesOutWhatCannotBeChecked) {
  const Json row = Json::parse(
      R"({"instruction_id_list": ["punctuation:no_comma", "language:response_language"],
          "kwargs": [{}, {"language": "de"}]})");
  const auto scores = results("ifeval.process_results", row, "No comma here");
  ASSERT_TRUE(scores);
  EXPECT_EQ(scores->statistics.at("inst_level_strict_acc"), Json::array({1, 1}));
  EXPECT_FALSE(scores->values.contains("prompt_level_strict_acc"));
}

TEST(KnownResults, RightProbabilityOfMc2) {
  const Json row = Json::parse(R"({"mc2_targets": {"labels": [1, 0, 1]}})");
  const std::vector<double> sums{std::log(0.2), std::log(0.3), std::log(0.1)};
  const ResultsFunction* mc2 = results_function_named("truthfulqa.process_results_mc2");
  EXPECT_NEAR(mc2->of_choices(row, sums)->values.at("acc"), 0.5, 1e-12);
  EXPECT_FALSE(mc2->of_choices(Json::object(), sums));
}

}  // namespace
}  // namespace bantam::task
