#include "prompt/chat.hpp"

namespace bantam::prompt {

ChatTemplate::ChatTemplate(Template compiled, SpecialTexts special)
    : template_(std::move(compiled)), special_(std::move(special)) {}

base::Result<ChatTemplate> ChatTemplate::compile(std::string_view source, SpecialTexts special) {
  if (source.empty()) {
    return base::fail(base::ErrorKind::usage, "the model has no chat template",
                      "leave --apply-chat-template away, or use the model's instruction-tuned version");
  }
  TRY_ASSIGN(Template compiled, Template::compile(source, Dialect::chat));
  return ChatTemplate(std::move(compiled), std::move(special));
}

base::Result<std::vector<TextPart>> ChatTemplate::apply(const std::vector<Message>& messages,
                                                        bool add_generation_prompt) const {
  base::Json inputs;
  inputs["messages"] = base::Json::array();
  for (const Message& message : messages) {
    inputs["messages"].push_back({{"role", message.role}, {"content", message.content}});
  }
  const base::Json trusted = {{"add_generation_prompt", add_generation_prompt},
                              {"bos_token", special_.bos},
                              {"eos_token", special_.eos}};
  return template_.render_parts(inputs, trusted);
}

}  // namespace bantam::prompt
