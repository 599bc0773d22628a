#include "report/task_page.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"

namespace bantam::report {
namespace {

using table::Format;

run::ShownItem choices() {
  run::ShownItem shown;
  shown.task.name = "qa";
  shown.task.output_type = task::OutputType::multiple_choice;
  shown.task.metrics = {{metric::find_task_metric("acc"), nullptr, {}},
                        {metric::find_task_metric("acc_norm"), nullptr, {}}};
  shown.prompt.doc_id = 2;
  shown.prompt.continuations = {" yes", " no\n"};
  shown.prompt.gold = {1};
  shown.docs = 10;
  shown.shots = 1;
  shown.contexts = {"Q: is it?\nA:\x1b"};
  shown.context_tokens = {{1, 22, 333}};
  shown.continuation_tokens = {{4}, {5, 6}};
  return shown;
}

TEST(task_page, shows_the_prompt_its_continuations_and_their_tokens) {
  EXPECT_EQ(task_page(choices(), Format::table),
            "qa, item 2 of 10\n"
            "multiple_choice, 1 examples, scored by acc, acc_norm\n"
            "\n"
            "--- prompt ---\n"
            "Q: is it?\n"
            "A:\\x1b\n"
            "--- end of prompt ---\n"
            "3 tokens: 1 22 333\n"
            "\n"
            "Continuations whose likelihood is asked (* is right):\n"
            "  ' yes'\n"
            "    tokens: 4\n"
            "* ' no\\n'\n"
            "    tokens: 5 6\n");
}

TEST(task_page, generation_ends_at_a_text_or_a_number_of_tokens) {
  run::ShownItem shown;
  shown.task.name = "gen";
  shown.task.metrics = {{metric::find_task_metric("exact_match"), nullptr, {}}};
  shown.task.generation = {{"\n", "Q:"}, 32};
  shown.prompt.target = "4";
  shown.docs = 1;
  shown.contexts = {"one", "two"};
  EXPECT_EQ(task_page(shown, Format::table),
            "gen, item 0 of 1\n"
            "generate_until, 0 examples, scored by exact_match\n"
            "\n"
            "--- prompt 0 ---\n"
            "one\n"
            "--- end of prompt 0 ---\n"
            "\n"
            "--- prompt 1 ---\n"
            "two\n"
            "--- end of prompt 1 ---\n"
            "\n"
            "Generates up to 32 tokens, until '\\n' or 'Q:'\n"
            "Right answer: '4'\n");
}

TEST(task_page, json_has_tokens_only_of_a_model) {
  const auto json = base::parse_json(task_page(choices(), Format::json), "page").value();
  EXPECT_EQ(json["continuation_tokens"], base::Json({{4}, {5, 6}}));
  EXPECT_EQ(json["gold"], base::Json({1}));
  run::ShownItem shown = choices();
  shown.context_tokens.clear();
  EXPECT_FALSE(base::parse_json(task_page(shown, Format::json), "page").value().contains("context_tokens"));
}

}  // namespace
}  // namespace bantam::report
