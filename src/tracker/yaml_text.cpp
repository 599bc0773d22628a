#include "tracker/yaml_text.hpp"

#include <fmt/format.h>

#include <cstddef>

#include "base/text.hpp"

namespace bantam::tracker {
namespace {

using base::Json;

constexpr std::size_t kIndent = 4;

// JSON's escapes are YAML's, too. YAML takes DEL and other control characters as escapes only.
std::string quoted(const std::string& text) {
  return base::replace_all(base::escape_hidden_marks(base::to_text(Json(text))), "\x7F", "\\u007f");
}

// A number without a point would be a text in YAML 1.1: 1e-05.
std::string number(const Json& json) {
  std::string text = base::to_text(json);
  const auto exponent = text.find('e');
  if (exponent != std::string::npos && text.find('.') == std::string::npos) text.insert(exponent, ".0");
  return text;
}

// On one line.
std::string flow(const Json& json) {
  if (json.is_string()) return quoted(json.get_ref<const std::string&>());
  if (json.is_number_float()) return number(json);
  if (!json.is_structured()) return base::to_text(json);
  std::string text;
  for (const auto& [key, value] : json.items()) {
    if (!text.empty()) text += ", ";
    if (json.is_object()) text += quoted(key) + ": ";
    text += flow(value);
  }
  return json.is_object() ? fmt::format("{{{}}}", text) : fmt::format("[{}]", text);
}

void write_block(const Json& json, std::size_t indent, std::string& text) {
  for (const auto& [key, value] : json.items()) {
    text.append(indent, ' ').append(quoted(key)).append(":");
    if (value.is_object() && !value.empty()) {
      text += "\n";
      write_block(value, indent + kIndent, text);
    } else {
      text.append(" ").append(flow(value)).append("\n");
    }
  }
}

}  // namespace

std::string yaml_text(const Json& json) {
  if (!json.is_object() || json.empty()) return flow(json) + "\n";
  std::string text;
  write_block(json, 0, text);
  return text;
}

}  // namespace bantam::tracker
