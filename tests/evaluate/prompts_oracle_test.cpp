// Every prompt of the frozen run of lm-evaluation-harness, string by string; needs no engine.
#include "evaluate/prompts.hpp"

#include <gtest/gtest.h>

#include "evaluate/lm_eval_oracle.hpp"

namespace bantam::evaluate {
namespace {

using base::Json;

void expect_requests(const Prompt& prompt, const Json& item) {
  const Json& requests = item["requests"];
  const std::size_t count = prompt.continuations.size();
  ASSERT_EQ(requests.size(), prompt.unconditional ? 2 * count : count);
  for (std::size_t i = 0; i < count; ++i) {
    const Context& context = prompt.contexts[std::min(i, prompt.contexts.size() - 1)];
    const Json& expected = requests[i].contains("context") ? requests[i]["context"] : item["context"];
    EXPECT_EQ(joined_text(context), expected);
    EXPECT_EQ(prompt.continuations[i], requests[i]["continuation"]);
  }
  if (item.contains("gold")) {
    EXPECT_EQ(prompt.gold, std::vector<std::int64_t>{item["gold"].get<std::int64_t>()});
  }
}

class PromptsOracle : public support::OracleTest {};
ON_CHOSEN_AND_ALL_ROWS(PromptsOracle);

TEST_P(PromptsOracle, EveryStringOfEveryTask) {
  const Oracle oracle = read_oracle(GetParam());
  const task::TaskLibrary library = oracle_library(GetParam());
  EXPECT_TRUE(library.warnings().empty());
  EXPECT_EQ(oracle.items.size(), 19u);
  for (const auto& [name, items] : oracle.items) {
    SCOPED_TRACE(name);
    const auto selection = library.find(name);
    ASSERT_TRUE(selection) << selection.error().message;
    const task::Task& task = selection->leaves.front();
    EXPECT_EQ(fewshot_count(task, {}), oracle.aggregates.at(name)["num_fewshot"]);
    const auto prompter = Prompter::make(task, {});
    ASSERT_TRUE(prompter) << prompter.error().message;
    ASSERT_EQ(prompter->docs(), items.size());
    for (const Json& item : items) {
      SCOPED_TRACE(item["doc_id"].get<int>());
      const auto prompt = prompter->prompt(item["doc_id"]);
      ASSERT_TRUE(prompt) << prompt.error().message;
      EXPECT_EQ(prompt->target, item["target"]);
      if (task.output_type == task::OutputType::loglikelihood_rolling) {
        EXPECT_EQ(prompt->text, item["text"]);
      } else if (task.output_type == task::OutputType::generate_until) {
        EXPECT_EQ(joined_text(prompt->contexts.front()), item["context"]);
        EXPECT_EQ(Json(task.generation.until), item["until"]);
        EXPECT_EQ(task.generation.max_gen_toks, item["max_gen_toks"]);
      } else {
        expect_requests(*prompt, item);
      }
    }
  }
}

}  // namespace
}  // namespace bantam::evaluate
