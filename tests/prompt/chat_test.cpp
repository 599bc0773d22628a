#include "prompt/chat.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bantam::prompt {
namespace {

using testing::HasSubstr;

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

// Transformers 4.57 gives the template tools=None, documents=None.
TEST(Chat, ThereAreNoTools) {
  const auto chat = ChatTemplate::compile("{{ tools is not none }} {{ tools is none }} {{ documents }}", {});
  ASSERT_TRUE(chat);
  EXPECT_EQ(chat->apply({{"user", "x"}})->parts.front().text, "False True None");
}

// Transformers puts the variables before its map of special tokens: template_kwargs = {**special_tokens_map,
// **kwargs}.
TEST(Chat, VariablesOfTheUsersOwn) {
  constexpr const char* kSource =
      "{{ bos_token }}{% if enable_thinking is defined and enable_thinking is false %}<think></think>{% "
      "endif %}"
      "{{ date_string }}";
  const auto chat = ChatTemplate::compile(kSource, {"<s>", "</s>"},
                                          R"({"date_string":"26 Jul 2024","enable_thinking":false})");
  ASSERT_TRUE(chat);
  EXPECT_EQ(chat->apply({{"user", "x"}})->parts.front().text, "<s><think></think>26 Jul 2024");
  const auto without = ChatTemplate::compile(kSource, {"<s>", "</s>"});
  EXPECT_EQ(without->apply({{"user", "x"}})->parts.front().text, "<s>");
  const auto other = ChatTemplate::compile(kSource, {"<s>", "</s>"}, R"({"bos_token":"<t>"})");
  EXPECT_EQ(other->apply({{"user", "x"}})->parts.front().text, "<t>");
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
