// Real model answers with what lm-evaluation-harness 0.4.13 makes of them.
#include <gtest/gtest.h>

#include "base/json.hpp"
#include "score/filters.hpp"
#include "score/text_match.hpp"
#include "support/oracle.hpp"

namespace bantam::score {
namespace {

using base::Json;

class ScoringOracle : public support::OracleTest {};
ON_CHOSEN_AND_ALL_ROWS(ScoringOracle);

ExactMatchOptions gsm8k_options() {
  ExactMatchOptions options;
  options.ignore_case = true;
  for (const char* pattern : {",", "\\$", "(?s).*#### ", "\\.$"}) {
    options.regexes_to_ignore.push_back(*Pattern::compile(pattern));
  }
  return options;
}

TEST_P(ScoringOracle, Gsm8kFiltersAndExactMatch) {
  const auto strict = FilterPipeline::make(Json::parse(
      R"json([{"function": "regex", "regex_pattern": "#### (\\-?[0-9\\.\\,]+)"}, {"function": "take_first"}])json"));
  const auto flexible = FilterPipeline::make(Json::parse(
      R"json([{"function": "regex", "group_select": -1, "regex_pattern": "(-?[$0-9.,]{2,})|(-?[0-9]+)"},
              {"function": "take_first"}])json"));
  const ExactMatchOptions options = gsm8k_options();
  const auto rows = rows_of("lm_eval/gsm8k_scoring.jsonl");
  ASSERT_EQ(rows.size(), count(80, 400));
  for (const Json& row : rows) {
    for (const auto& [name, pipeline] : {std::pair{"strict", &*strict}, std::pair{"flexible", &*flexible}}) {
      const Filtered filtered = pipeline->apply({row["response"]});
      EXPECT_EQ(filtered.answers.front(), row[name]["filtered"]) << row["response"];
      EXPECT_EQ(filtered.unparsed, row[name]["filtered"] == "[invalid]");
      const auto equal = exact_match(filtered.answers.front(), row["target"].get<std::string>(), options);
      EXPECT_EQ(*equal ? 1.0 : 0.0, row[name]["exact_match"].get<double>()) << row["response"];
    }
  }
}

TEST_P(ScoringOracle, SquadMeasuresAndExactMatchOverSeveralTargets) {
  ExactMatchOptions options;
  options.ignore_case = true;
  options.ignore_punctuation = true;
  const auto rows = rows_of("lm_eval/squad_scoring.jsonl");
  ASSERT_EQ(rows.size(), count(120, 300));
  for (const Json& row : rows) {
    const auto response = row["response"].get<std::string>();
    double f1 = 0.0;
    double exact = 0.0;
    double plain = 0.0;
    for (const Json& answer : row["answers"]) {
      const auto reference = answer.get<std::string>();
      f1 = std::max(f1, squad_f1(response, reference));
      exact = std::max(exact, squad_exact_match(response, reference) ? 1.0 : 0.0);
      plain = std::max(plain, *exact_match(response, reference, options) ? 1.0 : 0.0);
    }
    EXPECT_NEAR(f1, row["squad"]["f1"].get<double>(), 1e-12) << response;
    EXPECT_EQ(exact, row["squad"]["exact_match"].get<double>()) << response;
    EXPECT_EQ(plain, row["lm_eval_exact_match"].get<double>()) << response;
  }
}

}  // namespace
}  // namespace bantam::score
