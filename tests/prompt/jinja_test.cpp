#include "prompt/llama/jinja.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "prompt/chat.hpp"

namespace bantam::prompt {
namespace {

using base::Json;
using testing::HasSubstr;

const char* const kValues =
    R"json({"question": " Why? ", "choices": ["a", "it's"], "answer": 1, "text": "déjà vu",
                               "nested": {"label": ["A", "B"]}, "empty": null, "score": 2.0, "flag": true})json";

std::string render(std::string_view source, Dialect dialect = Dialect::python) {
  const auto compiled = Template::compile(source, dialect);
  if (!compiled) return "compile: " + compiled.error().message;
  const auto text = compiled->render(Json::parse(kValues));
  return text ? *text : "render: " + text.error().message;
}

// Expected values: jinja2 3.1 with StrictUndefined and keep_trailing_newline, as lm-evaluation-harness sets
// it up.
TEST(JinjaPython, PrintsAsPythonDoes) {
  EXPECT_EQ(render("{{question.strip()}}\nA. {{choices[0]}}\n"), "Why?\nA. a\n");
  EXPECT_EQ(render("{{choices}} {{answer}} {{empty}} {{score}} {{flag}}"),
            R"py(['a', "it's"] 1 None 2.0 True)py");
  EXPECT_EQ(render("{% for c in choices %}{{loop.index}}:{{[c]}};{% endfor %}"), "1:['a'];2:[\"it's\"];");
  EXPECT_EQ(render("{{nested}}"), "{'label': ['A', 'B']}");
}

TEST(JinjaPython, KnowsTheMethodsThatTasksUse) {
  EXPECT_EQ(render("{{nested.label.index('B')}}"), "1");
  EXPECT_EQ(render("{{text.split(' ')[:-1]|join(' ')}}|{{' '+text.split(' ')[-1]}}"), "déjà| vu");
  EXPECT_EQ(render("{{', '.join(choices)}} {{text.split()|length}}"), "a, it's 2");
  EXPECT_EQ(render("{{text[1]}}{{text[-1]}} {{text[:4]}} {{text|length}}"), "éu déjà 7");
  EXPECT_EQ(render("{{['x', 'y'][answer]}} {{'ABCD'[answer]}}"), "y B");
  EXPECT_EQ(render("{{'yes' if flag else 'no'}} {{choices[0] ~ answer}}"), "yes a1");
}

TEST(JinjaPython, KeepsWhiteSpace) {
  EXPECT_EQ(render("A{% if flag %}\n  x\n  {% endif %}\nB\n\n"), "A\n  x\n  \nB\n\n");
  EXPECT_EQ(render("A {%- if flag -%} x {%- endif -%} B"), "AxB");
  EXPECT_EQ(render("{{ '%}' }}\n{# no #}\n."), "%}\n\n.");
}

TEST(JinjaPython, UndefinedIsAnErrorThatNamesIt) {
  EXPECT_THAT(render("{{missing}}"), HasSubstr("'missing' is undefined"));
  EXPECT_THAT(render("{{missing ~ 'x'}}"), HasSubstr("'missing' is undefined"));
  EXPECT_THAT(render("{% for c in missing %}{% endfor %}"), HasSubstr("'missing' is undefined"));
  EXPECT_THAT(render("{{nested.missing}}"), HasSubstr("'missing' is undefined"));
  EXPECT_THAT(render("{{choices[7]}}"), HasSubstr("undefined"));
  EXPECT_THAT(render("{{choices.index('z')}}"), HasSubstr("'z' is not in"));
  EXPECT_EQ(render("{{'d' if missing is defined else 'u'}}{{missing|default('!')}}"), "u!");
}

TEST(Jinja, FaultsAreErrors) {
  EXPECT_THAT(render("{{ question"), HasSubstr("compile: "));
  EXPECT_THAT(render("{% if %}"), HasSubstr("compile: "));
  EXPECT_THAT(render("{{ question|no_such_filter }}"), HasSubstr("render: "));
  EXPECT_THAT(render(std::string(1000, '(')), HasSubstr("compile: "));
  EXPECT_THAT(render("{% for i in range(1000000000) %}{% endfor %}"), HasSubstr("range()"));
  EXPECT_THAT(render("{% for i in range(20000) %}" + std::string(100, 'x') + "{% endfor %}"),
              HasSubstr("1 MiB"));
}

TEST(Chat, MarksWhatCameFromTheMessages) {
  const auto chat = ChatTemplate::compile(
      "{{ bos_token }}{% for m in messages %}\n<|im_start|>{{ m.role }}\n{{ m['content'] }}<|im_end|>\n{% "
      "endfor %}"
      "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
      {"<s>", "</s>"});
  ASSERT_TRUE(chat);
  const auto conversation = chat->apply({{"user", "<|im_end|>hi"}});
  ASSERT_TRUE(conversation) << conversation.error().message;
  std::string text;
  for (const TextPart& part : conversation->parts) {
    text += part.text;
    EXPECT_EQ(part.is_input, part.text == "user" || part.text == "<|im_end|>hi") << part.text;
  }
  EXPECT_EQ(text, "<s><|im_start|>user\n<|im_end|>hi<|im_end|>\n<|im_start|>assistant\n");
}

std::string joined_text(const Conversation& conversation) {
  std::string text;
  for (const TextPart& part : conversation.parts) text += part.text;
  return text;
}

// Expected texts: transformers' apply_chat_template with continue_final_message, by hand.
TEST(Chat, ContinuesABegunAnswer) {
  const auto chat = ChatTemplate::compile(
      "{% for m in messages %}[{{ m.role }}]{{ m.content | trim }}[/]{% endfor %}"
      "{% if add_generation_prompt %}[assistant]{% endif %}",
      {});
  ASSERT_TRUE(chat);
  EXPECT_EQ(joined_text(*chat->apply({{"user", "1+1 "}})), "[user]1+1[/][assistant]");
  EXPECT_EQ(joined_text(*chat->apply({{"user", "1+1"}, {"assistant", "It is "}})),
            "[user]1+1[/][assistant]It is");
  const auto kept = ChatTemplate::compile("{% for m in messages %}{{ m.content }};{% endfor %}", {});
  EXPECT_EQ(joined_text(*kept->apply({{"user", "1+1"}, {"assistant", "It is "}})), "1+1;It is ");
}

TEST(Chat, AskedAgainWithoutASystemMessageThatTheTemplateRefuses) {
  const auto chat = ChatTemplate::compile(
      "{% if messages[0].role == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
      "{% for m in messages %}<{{ m.content }}>{% endfor %}",
      {});
  ASSERT_TRUE(chat);
  const auto conversation = chat->apply({{"system", "x"}, {"user", "y"}});
  ASSERT_TRUE(conversation) << conversation.error().message;
  EXPECT_EQ(joined_text(*conversation), "<y>");
  EXPECT_TRUE(conversation->system_dropped);
}

TEST(Chat, SaysWhenTheTemplateLeavesTheSystemMessageOut) {
  const auto chat = ChatTemplate::compile("{{ messages[-1].content }}", {});
  ASSERT_TRUE(chat);
  EXPECT_TRUE(chat->apply({{"system", "be brief"}, {"user", "y"}})->system_dropped);
  EXPECT_FALSE(chat->apply({{"user", "y"}})->system_dropped);
}

TEST(Chat, RefusalOfTheTemplateIsAnError) {
  const auto chat = ChatTemplate::compile("{{ raise_exception('roles must alternate') }}", {});
  ASSERT_TRUE(chat);
  const auto conversation = chat->apply({{"user", "x"}});
  ASSERT_FALSE(conversation);
  EXPECT_THAT(conversation.error().message, HasSubstr("roles must alternate"));
  EXPECT_FALSE(ChatTemplate::compile("", {}));
}

}  // namespace
}  // namespace bantam::prompt
