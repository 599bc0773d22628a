#pragma once
// A model's chat template applied to a conversation. Knows nothing of tokens.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "jinja/template.hpp"

namespace bantam::prompt {

using jinja::TextPart;

struct Message {
  std::string role;  // "system", "user", "assistant"
  std::string content;
};

struct SpecialTexts {
  std::string bos;  // as the template may print them; empty when the model has none
  std::string eos;
};

struct Conversation {
  std::vector<TextPart> parts;
  bool system_dropped = false;  // the system message is not in the text
};

class ChatTemplate {
 public:
  // bad_input when the template does not parse or is empty. `variables`: the text of a JSON object with
  // further variables, or empty; they come before the special texts, as in Transformers.
  static base::Result<ChatTemplate> compile(std::string_view source, SpecialTexts special,
                                            const std::string& variables = {});

  // No template: the conversation as the JSON list of its messages, for whoever applies the template; as
  // lm-eval's models behind a server have it.
  static ChatTemplate of_messages();

  // The conversation as text, up to where the model goes on: behind the head of a new answer, or, when the
  // last message is an assistant's, behind that message. What came from the messages is marked, so that
  // special-token text in it can be tokenized as plain text. A template that refuses the conversation is
  // asked again without the system message. bad_input when it refuses that as well.
  base::Result<Conversation> apply(const std::vector<Message>& messages) const;

 private:
  ChatTemplate() = default;
  ChatTemplate(jinja::Template compiled, base::Json trusted);
  base::Result<std::vector<TextPart>> render(const std::vector<Message>& messages) const;
  std::optional<jinja::Template> template_;  // absent: messages are left as they are
  base::Json trusted_;                       // what every rendering gets beside the messages
};

// Whether a template has refused the messages by itself (raise_exception): an error of these messages, not of
// the template.
bool is_refusal(const base::Error& error);

}  // namespace bantam::prompt
