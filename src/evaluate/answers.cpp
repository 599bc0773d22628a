#include "evaluate/answers.hpp"

#include <algorithm>
#include <array>

#include "score/python_text.hpp"

namespace bantam::evaluate {
namespace {

struct KnownTags {
  std::string_view open, close;
};
// As the chat templates of reasoning models write them.
constexpr std::array<KnownTags, 3> kKnownTags = {
    {{"<think>", "</think>"}, {"[THINK]", "[/THINK]"}, {"<|begin_of_thought|>", "<|end_of_thought|>"}}};

// The opening tag of a closing one: the known one, or the same without its slash.
std::string opening_of(const std::string& close) {
  for (const KnownTags& known : kKnownTags) {
    if (known.close == close) return std::string(known.open);
  }
  if (close.size() > 2 && close[1] == '/') return close[0] + close.substr(2);
  return "";
}

std::string without_leading_space(const std::string& text) {
  const std::string_view stripped = score::strip(text);
  return stripped.empty() ? "" : text.substr(static_cast<std::size_t>(stripped.data() - text.data()));
}

}  // namespace

std::optional<ThinkTags> think_tags(const std::string& setting, std::string_view chat_template) {
  if (setting == "off" || setting.empty()) return std::nullopt;
  if (setting != "auto") return ThinkTags{opening_of(setting), setting};
  for (const KnownTags& known : kKnownTags) {
    if (chat_template.find(known.close) != std::string_view::npos)
      return ThinkTags{std::string(known.open), std::string(known.close)};
  }
  return std::nullopt;
}

bool ends_in_thought(const Context& context, const ThinkTags& tags) {
  if (tags.open.empty() || context.empty() || context.back().is_input) return false;
  return score::strip_end(context.back().text).ends_with(tags.open);
}

Answer answer_of(const engine::Generation& generation, const std::vector<std::string>& until,
                 const ThinkTags* tags, bool in_thought) {
  Answer answer;
  answer.text = generation.text;
  answer.truncated = generation.finish == "length";
  if (tags != nullptr) {
    const std::size_t close = answer.text.rfind(tags->close);
    const bool opened = !tags->open.empty() && without_leading_space(answer.text).starts_with(tags->open);
    if (close != std::string::npos) {
      answer.text = without_leading_space(answer.text.substr(close + tags->close.size()));
    } else if (in_thought || opened) {
      answer.incomplete = true;
      answer.text.clear();
    }
  }
  for (const std::string& stop : until) {
    if (!stop.empty()) answer.text.resize(std::min(answer.text.find(stop), answer.text.size()));
  }
  answer.empty = !answer.incomplete && score::strip(answer.text).empty();
  return answer;
}

}  // namespace bantam::evaluate
