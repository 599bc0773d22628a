// Small tasks, each for one rule of lm-eval's dialect: which rows become examples, how they are written,
// which texts are right answers. Expected values: lm-eval 0.4.13 (scripts/dialect_oracle.py).

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "evaluate/answers.hpp"
#include "evaluate/items.hpp"
#include "evaluate/prompts.hpp"
#include "support/json_lines.hpp"
#include "support/shared.hpp"
#include "task/library.hpp"

namespace bantam::evaluate {
namespace {

namespace fs = std::filesystem;
using base::Json;

constexpr const char* kTemplate =
    "{% for m in messages %}[{{ m.role }}]{{ m.content }}[end]{% endfor %}"
    "{% if add_generation_prompt %}[assistant]{% endif %}";

fs::path oracle() {
  return fs::path(BANTAM_SOURCE_DIR) / "tests/data/oracle/task_dialect";
}

std::vector<std::string> cases() {
  std::vector<std::string> names;
  for (const auto& folder : fs::directory_iterator(oracle())) names.push_back(folder.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

class DialectOracle : public testing::TestWithParam<std::string> {
 protected:
  static Json contexts(const Prompt& prompt) {
    Json all = Json::array();
    for (const Context& context : prompt.contexts) all.push_back(joined_text(context));
    return all;
  }

  // `expected`: by filter, of one list of answers.
  static void expect_filtered(const task::Task& task, const Prompt& prompt, const Json& responses,
                              const Json& expected) {
    std::vector<Answer> answers;
    for (const Json& text : responses) answers.push_back({text.get<std::string>()});
    const std::vector<engine::Generation> generations(answers.size());
    const auto scorer = ItemScorer::make(task);
    const auto item = scorer->from_generations(prompt, {}, generations, answers);
    ASSERT_TRUE(item) << item.error().message;
    for (const task::FilterSpec& filter : task.filters) {
      const Json& own = expected[filter.name];
      EXPECT_EQ(item->content["filtered_resps"][filter.name], Json::array({own["answer"]})) << responses;
      for (const auto& [metric, score] : own["scores"].items())
        EXPECT_EQ(Json(item->metrics.at(task::metric_key(task, metric, filter))), score) << responses;
    }
  }

  static void expect_item(const task::Task& task, const std::vector<Prompter>& prompters, const Json& ask,
                          const Json& expected) {
    const auto doc = expected["doc"].get<std::int64_t>();
    SCOPED_TRACE(doc);
    const auto chat = prompt::ChatTemplate::compile(kTemplate, {});
    const auto prompt = prompters[0].prompt(doc);
    if (expected.contains("error")) {
      EXPECT_FALSE(prompt) << expected["error"];
      return;
    }
    ASSERT_TRUE(prompt) << prompt.error().message;
    EXPECT_EQ(contexts(*prompt), expected["contexts"]);
    EXPECT_EQ(contexts(*prompters[0].prompt(doc, &*chat)), expected["turns"]);
    EXPECT_EQ(contexts(*prompters[1].prompt(doc, &*chat)), expected["one_turn"]);
    EXPECT_EQ(prompt->target, expected["target"]);
    if (expected.contains("continuations")) {
      EXPECT_EQ(Json(prompt->continuations), expected["continuations"]);
    }
    if (expected.contains("gold")) {
      EXPECT_EQ(Json(prompt->gold), expected["gold"]);
    }
    const auto scorer = AnswerScorer::make(task);
    for (const auto& [answer, scores] : base::child_at(expected, "scores").items()) {
      const auto own = scorer->score(*prompt, answer);
      ASSERT_TRUE(own) << own.error().message;
      EXPECT_EQ(Json(own->values), scores) << answer;
    }
    const Json& filtered = base::child_at(expected, "filtered");
    for (std::size_t i = 0; i < filtered.size(); ++i)
      expect_filtered(task, *prompt, ask["responses"][i], filtered[i]);
  }
};

INSTANTIATE_TEST_SUITE_P(, DialectOracle, testing::ValuesIn(cases()),
                         [](const auto& one) { return one.param; });

TEST_P(DialectOracle, EqualsLmEval) {
  const fs::path folder = oracle() / GetParam();
  const Json expected = support::json_file(folder / "expected.json");
  const auto library = task::TaskLibrary::open({folder}, {});
  const auto selection = library->find(GetParam());
  ASSERT_TRUE(selection) << selection.error().message;
  const task::Task& task = selection->leaves.front();
  task::Settings settings;
  if (const auto shots = base::integer_at(expected["ask"], "num_fewshot"))
    settings.num_fewshot = static_cast<int>(*shots);
  std::vector<Prompter> prompters;
  for (const bool turns : {true, false}) {
    settings.fewshot_as_multiturn = turns;
    auto prompter = Prompter::make(task, settings);
    if (!prompter) {
      EXPECT_TRUE(expected["items"][0].contains("error")) << prompter.error().message;
      return;
    }
    prompters.push_back(*std::move(prompter));
  }
  ASSERT_LE(expected["items"].size(), prompters[0].docs());
  for (const Json& item : expected["items"]) expect_item(task, prompters, expected["ask"], item);
}

// In these lm-eval lets items be their own examples.
TEST(WithoutLeaks, NoItemIsItsOwnExample) {
  for (const char* name : {"test_is_the_pool", "fewshot_names_validation", "first_n_of_the_test_split",
                           "samples_and_test", "config_names_the_split"}) {
    SCOPED_TRACE(name);
    const auto selection = task::TaskLibrary::open({oracle() / name}, {})->find(name);
    task::Settings settings;
    settings.num_fewshot = 2;
    const auto leaks = [&] {
      const auto prompter = Prompter::make(selection->leaves.front(), settings);
      EXPECT_TRUE(prompter) << prompter.error().message;
      std::size_t count = 0;
      for (std::size_t doc = 0; doc < prompter->docs(); ++doc)
        count += prompter->prompt(static_cast<std::int64_t>(doc))->leaked ? 1U : 0U;
      return count;
    };
    const bool looked_at = std::string_view(name) == "config_names_the_split";  // both keys name it
    EXPECT_EQ(leaks() > 0, !looked_at);
    settings.fewshot_without_leaks = true;
    EXPECT_EQ(leaks(), 0U);
  }
}

// Just enough other rows will do, where lm-eval wants one more.
TEST(WithoutLeaks, TakesAllOtherRows) {
  const auto selection =
      task::TaskLibrary::open({oracle() / "neither_named_too_small"}, {})->find("neither_named_too_small");
  task::Settings settings;
  settings.num_fewshot = 2;
  settings.fewshot_without_leaks = true;
  EXPECT_TRUE(Prompter::make(selection->leaves.front(), settings));
  settings.num_fewshot = 3;
  EXPECT_FALSE(Prompter::make(selection->leaves.front(), settings));
}

// One item of each task of ../shared, equal or refused.
class SharedDialect : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(, SharedDialect,
                         testing::Values("a1_no_test_split", "a2_pool_is_test_split",
                                         "a3_fewshot_is_validation", "b_other_hellaswag",
                                         "c_empty_first_answer", "d1_yaml_line_breaks", "d2_yaml_nbsp_escape",
                                         "d3_yaml_tagged_null", "e_gold_out_of_range", "f_triple_quotes",
                                         "g_join_of_a_map", "h_case_of_letters", "j_if_without_else",
                                         "k_unicode_strip", "l_none_joined", "m_list_of_numbers_as_answer",
                                         "p_select_by_test", "q_jinja_not_there", "r_duplicate_key"),
                         [](const auto& one) { return std::string(one.param); });

TEST_P(SharedDialect, EqualsLmEvalOrIsRefused) {
  SKIP_WITHOUT_SHARED("oracle/task_dialect");
  const fs::path folder = support::shared_folder() / "oracle/task_dialect" / GetParam();
  const Json expected = support::json_file(folder / "expected.json");
  const auto selection = task::TaskLibrary::open({folder}, {})->find(GetParam());
  if (!selection) {
    EXPECT_STREQ(GetParam(), "b_other_hellaswag");
    EXPECT_NE(selection.error().message.find("'utils.process_docs', which cannot run here: its source in"),
              std::string::npos)
        << selection.error().message;
    return;
  }
  const auto prompter = Prompter::make(selection->leaves.front(), {});
  ASSERT_TRUE(prompter) << prompter.error().message;
  const auto prompt = prompter->prompt(expected["doc"]);
  ASSERT_EQ(prompt.has_value(), !expected.contains("error")) << (prompt ? "" : prompt.error().message);
  if (!prompt) return;
  Json contexts = Json::array();
  for (const Context& context : prompt->contexts) contexts.push_back(joined_text(context));
  EXPECT_EQ(contexts, expected["contexts"]);
  EXPECT_EQ(prompt->target, expected["target"]);
  if (expected.contains("continuations")) {
    EXPECT_EQ(Json(prompt->continuations), expected["continuations"]);
  }
}

}  // namespace
}  // namespace bantam::evaluate
