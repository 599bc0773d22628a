#include "task/known_functions.hpp"

#include <gtest/gtest.h>

namespace bantam::task {
namespace {

using base::Json;
using enum KnownFunction;

// Expected values: lm-eval 0.4.13, the utils.py of each task.
TEST(KnownFunctions, HellaswagRows) {
  const Json row =
      Json::parse(R"json({"activity_label": "Baking", "ctx_a": "A man mixes.", "ctx_b": "he THEN [x] stirs",
                                       "endings": ["it [title] done.", " ok  "], "label": "1"})json");
  const auto made = processed_row(hellaswag_process_docs, row);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->at("query"), "Baking: A man mixes. He then stirs");
  EXPECT_EQ(made->at("choices"), Json::array({"it. done.", "ok"}));
  EXPECT_EQ(made->at("gold"), 1);
  EXPECT_EQ(made->at("label"), "1");
}

TEST(KnownFunctions, WinograndeTexts) {
  const Json row{{"sentence", "Ann thanked Bea since _ helped. "},
                 {"option1", "Ann"},
                 {"option2", "Bea"},
                 {"answer", "2"}};
  EXPECT_EQ(*field_value(winogrande_doc_to_text, row), 1);
  EXPECT_EQ(*field_value(winogrande_doc_to_target, row), "helped.");
  EXPECT_EQ(*field_value(winogrande_doc_to_choice, row),
            Json::array({"Ann thanked Bea since Ann", "Ann thanked Bea since Bea"}));
}

TEST(KnownFunctions, CopaTexts) {
  const Json row{{"premise", "The lamp went out. "},
                 {"question", "cause"},
                 {"choice1", "The bulb broke."},
                 {"choice2", "It rained."},
                 {"label", 1}};
  EXPECT_EQ(*field_value(copa_doc_to_text, row), "The lamp went out because");
  EXPECT_EQ(*field_value(copa_doc_to_target, row), " it rained.");
}

TEST(KnownFunctions, CoqaTexts) {
  const Json row = Json::parse(
      R"json({"story": "S.", "questions": {"input_text": ["Who?", "Where?"]},
          "answers": {"input_text": ["Ann", "Home"]},
          "additional_answers": {"0": {"input_text": ["x", "HOME"]}, "1": {"input_text": ["x", "at home"]}}})json");
  EXPECT_EQ(*field_value(coqa_doc_to_text, row), "S.\n\nQ: Who?\n\nA: Ann\n\nQ: Where?\n\nA:");
  EXPECT_EQ(*field_value(coqa_doc_to_target, row), Json::array({"Home", "at home"}));
}

TEST(KnownFunctions, DropAnswersAreListedOnce) {
  const Json row = Json::parse(
      R"json({"passage": "p", "question": "q",
          "answer": {"number": "3", "date": {"day": "", "month": "", "year": ""}, "spans": []},
          "validated_answers": {"number": ["3", ""],
            "date": [{"day": "", "month": "", "year": ""}, {"day": "", "month": "May", "year": "1912"}],
            "spans": [[], []]}})json");
  EXPECT_EQ(processed_row(drop_process_docs, row)->at("answers"), Json::parse(R"([["3"], ["May 1912"]])"));
}

TEST(KnownFunctions, TruthfulqaAnswersEndInAFullStop) {
  const Json row = Json::parse(
      R"json({"question": " Q? ", "correct_answers": ["Yes ", ""], "incorrect_answers": ["No."]})json");
  const auto made = processed_row(truthfulqa_process_docs_gen, row);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->at("question"), "Q?");
  EXPECT_EQ(made->at("correct_answers"), Json::array({"Yes.", "I have no comment."}));
  EXPECT_EQ(made->at("incorrect_answers"), Json::array({"No."}));
}

TEST(KnownFunctions, MissingColumnIsNamed) {
  const auto made = processed_row(hellaswag_process_docs, Json{{"activity_label", "x"}});
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message.find("ctx_a"), std::string::npos);
}

TEST(KnownFunctions, UtilsAreKnownOnlyForTheTaskTheyBelongTo) {
  EXPECT_EQ(known_function("preprocess_wikitext.wikitext_detokenizer", "any", FunctionUse::field),
            wikitext_detokenizer);
  EXPECT_EQ(known_function("utils.process_docs", "my_hellaswag", FunctionUse::rows), hellaswag_process_docs);
  EXPECT_EQ(known_function("../hellaswag/utils.process_docs", "hellaswag_x", FunctionUse::rows),
            hellaswag_process_docs);
  EXPECT_FALSE(known_function("utils.process_docs", "other", FunctionUse::rows));
  EXPECT_FALSE(known_function("utils.process_docs", "hellaswag", FunctionUse::results));
}

}  // namespace
}  // namespace bantam::task
