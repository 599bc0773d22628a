// Prompts as conversations. Expected texts: what lm-eval 0.4.13 (build_qa_turn, multiturn_to_singleturn)
// gives with transformers 5.23 rendering a template that shows roles and white space.

#include <gtest/gtest.h>

#include "evaluate/prompts.hpp"
#include "support/task_folder.hpp"

namespace bantam::evaluate {
namespace {

constexpr const char* kTemplate =
    "{% for m in messages %}[{{ m.role }}]{{ m.content }}[end]{% endfor %}"
    "{% if add_generation_prompt %}[assistant]{% endif %}";

class ChatPromptsTest : public support::TaskFolderTest {
 protected:
  // The context of item 0 of a task with two questions, asked with `settings`.
  std::string asked(const std::string& more, task::Settings settings) {
    write("t.yaml",
          "task: t\ndataset_path: json\ndataset_kwargs:\n  data_files:\n    test: t.jsonl\n"
          "output_type: generate_until\ntest_split: test\ndoc_to_text: 'Q: {{q}}'\ndoc_to_target: '{{a}}'\n"
          "target_delimiter: ' = '\nmetric_list:\n  - metric: exact_match\n" +
              more);
    write("t.jsonl", "{\"q\": \"1+1\", \"a\": \"2\"}\n{\"q\": \"2+2\", \"a\": \"4\"}\n");
    const task::Selection selection = find("t");
    const auto chat = prompt::ChatTemplate::compile(kTemplate, {});
    settings.apply_chat_template = true;
    const auto prompter = Prompter::make(selection.leaves.front(), settings);
    if (!prompter) return prompter.error().message;
    const auto prompt = prompter->prompt(0, &*chat);
    return prompt ? joined_text(prompt->contexts.front()) : prompt.error().message;
  }
};

constexpr const char* kExamples =
    "fewshot_config:\n  sampler: first_n\n  samples:\n    - {q: 5+1, a: '6'}\n    - {q: 5+2, a: '7'}\n"
    "num_fewshot: 2\n";

TEST_F(ChatPromptsTest, ExamplesAreTurns) {
  task::Settings settings;
  settings.system_instruction = "Add.";
  EXPECT_EQ(asked(kExamples, settings),
            "[system]Add.[end][user]Q: 5+1[end][assistant]6[end][user]Q: 5+2[end][assistant]7[end]"
            "[user]Q: 1+1[end][assistant]");
}

TEST_F(ChatPromptsTest, ExamplesInOneTurnKeepTheDelimitersOfPlainText) {
  task::Settings settings;
  settings.system_instruction = "Add.";
  settings.fewshot_as_multiturn = false;
  EXPECT_EQ(asked(kExamples, settings),
            "[system]Add.[end][user]Q: 5+1 = 6\n\nQ: 5+2 = 7\n\nQ: 1+1[end][assistant]");
}

TEST_F(ChatPromptsTest, AGenPrefixBeginsTheAnswer) {
  EXPECT_EQ(asked("gen_prefix: 'It is'\n", {}), "[user]Q: 1+1[end][assistant]It is");
  task::Settings settings;
  settings.fewshot_as_multiturn = false;
  EXPECT_EQ(asked("gen_prefix: 'It is'\n", settings), "[user]Q: 1+1[end][assistant]It is");
}

}  // namespace
}  // namespace bantam::evaluate
