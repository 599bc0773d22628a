#pragma once
// A model's chat template applied to a conversation. Knows nothing of tokens.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "prompt/jinja.hpp"

namespace bantam::prompt {

struct Message {
  std::string role;  // "system", "user", "assistant"
  std::string content;
};

struct SpecialTexts {
  std::string bos;  // as the template may print them; empty when the model has none
  std::string eos;
};

class ChatTemplate {
 public:
  // bad_input when the template does not parse, usage when it is empty.
  static base::Result<ChatTemplate> compile(std::string_view source, SpecialTexts special);

  // The conversation as text. What came from the messages is marked, so that special-token text in it can be
  // tokenized as plain text. bad_input when the template refuses it (no system role, for example).
  base::Result<std::vector<TextPart>> apply(const std::vector<Message>& messages,
                                            bool add_generation_prompt) const;

 private:
  ChatTemplate(Template compiled, SpecialTexts special);
  Template template_;
  SpecialTexts special_;
};

}  // namespace bantam::prompt
