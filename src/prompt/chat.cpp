#include "prompt/chat.hpp"

#include <algorithm>

#include "text/python_text.hpp"

namespace bantam::prompt {
namespace {

std::string joined_text(const std::vector<TextPart>& parts) {
  std::string text;
  for (const TextPart& part : parts) text += part.text;
  return text;
}

base::Json as_json(const std::vector<Message>& messages) {
  base::Json list = base::Json::array();
  for (const Message& message : messages)
    list.push_back({{"role", message.role}, {"content", message.content}});
  return list;
}

// Ends the text behind its last mention of the message, as transformers' continue_final_message does. White
// space at the message's end stays where the template has kept it.
base::Status cut_behind(const std::string& message, std::vector<TextPart>& parts) {
  const std::string text = joined_text(parts);
  const std::string_view trimmed = text::strip(message);
  const std::size_t at = text.rfind(trimmed);
  if (at == std::string::npos) {
    return base::fail(base::ErrorKind::bad_input,
                      "the chat template leaves out the start of the answer, which is to be continued");
  }
  const std::string_view kept =
      std::string_view(message).substr(static_cast<std::size_t>(trimmed.data() - message.data()));
  std::size_t rest = at + (text.compare(at, kept.size(), kept) == 0 ? kept.size() : trimmed.size());
  for (TextPart& part : parts) {
    part.text.resize(std::min(part.text.size(), rest));
    rest -= part.text.size();
  }
  std::erase_if(parts, [](const TextPart& part) { return part.text.empty(); });
  return {};
}

}  // namespace

ChatTemplate::ChatTemplate(jinja::Template compiled, base::Json trusted)
    : template_(std::move(compiled)), trusted_(std::move(trusted)) {}

base::Result<ChatTemplate> ChatTemplate::compile(std::string_view source, SpecialTexts special,
                                                 const std::string& variables) {
  if (source.empty()) {
    return base::fail(base::ErrorKind::bad_input, "the model has no chat template",
                      "leave --apply-chat-template away, or use the model's instruction-tuned version");
  }
  TRY_ASSIGN(jinja::Template compiled, jinja::Template::compile(source, jinja::Dialect::chat));
  // Transformers names tools and documents even where there are none: templates ask whether they are none.
  base::Json trusted = {{"bos_token", std::move(special.bos)},
                        {"eos_token", std::move(special.eos)},
                        {"tools", nullptr},
                        {"documents", nullptr}};
  if (!variables.empty()) {
    TRY_ASSIGN(const base::Json own, base::parse_json(variables, "the variables of the chat template"));
    trusted.update(own);
  }
  return ChatTemplate(std::move(compiled), std::move(trusted));
}

ChatTemplate ChatTemplate::of_messages() {
  return {};
}

base::Result<std::vector<TextPart>> ChatTemplate::render(const std::vector<Message>& messages) const {
  base::Json inputs;
  inputs["messages"] = as_json(messages);
  const bool continues = !messages.empty() && messages.back().role == "assistant";
  base::Json trusted = trusted_;
  trusted["add_generation_prompt"] = !continues;
  TRY_ASSIGN(std::vector<TextPart> parts, template_->render_parts(inputs, trusted));
  if (continues) TRY(cut_behind(messages.back().content, parts));
  return parts;
}

base::Result<Conversation> ChatTemplate::apply(const std::vector<Message>& messages) const {
  Conversation conversation;
  if (!template_) {
    conversation.parts = {{base::to_text(as_json(messages)), true}};
    return conversation;
  }
  const bool has_system = !messages.empty() && messages.front().role == "system";
  auto parts = render(messages);
  if (!parts && has_system) {
    parts = render({messages.begin() + 1, messages.end()});
    conversation.system_dropped = parts.has_value();
  } else if (parts && has_system) {
    const std::string_view system = text::strip(messages.front().content);
    conversation.system_dropped = joined_text(*parts).find(system) == std::string::npos;
  }
  if (!parts) return tl::unexpected(parts.error());
  conversation.parts = *std::move(parts);
  return conversation;
}

bool is_refusal(const base::Error& error) {
  return error.message.find(jinja::kRefusal) != std::string::npos;
}

}  // namespace bantam::prompt
