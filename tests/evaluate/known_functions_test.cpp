#include "evaluate/known_functions.hpp"

#include <gtest/gtest.h>

namespace bantam::evaluate {
namespace {

using base::Json;

// Expected values: lm-eval 0.4.13, tasks/hellaswag/utils.py.
TEST(KnownFunctions, HellaswagRows) {
  const Json row =
      Json::parse(R"json({"activity_label": "Baking", "ctx_a": "A man mixes.", "ctx_b": "he THEN [x] stirs",
                                       "endings": ["it [title] done.", " ok  "], "label": "1"})json");
  const auto made = hellaswag_row(row);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->at("query"), "Baking: A man mixes. He then stirs");
  EXPECT_EQ(made->at("choices"), Json::array({"it. done.", "ok"}));
  EXPECT_EQ(made->at("gold"), 1);
  EXPECT_EQ(made->at("label"), "1");
}

TEST(KnownFunctions, MissingColumnIsNamed) {
  const auto made = hellaswag_row(Json{{"activity_label", "x"}});
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message.find("ctx_a"), std::string::npos);
}

TEST(KnownFunctions, OthersHaveNoCounterpart) {
  EXPECT_EQ(known_function("preprocess_wikitext.wikitext_detokenizer"), KnownFunction::wikitext_detokenizer);
  EXPECT_FALSE(known_function("utils.process_results"));
}

}  // namespace
}  // namespace bantam::evaluate
