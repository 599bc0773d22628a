#include "exchange/python_json.hpp"

#include <fmt/format.h>

#include <array>

#include "base/json_width.hpp"
#include "exchange/lm_eval_samples.hpp"

namespace bantam::exchange {
namespace {

using base::Json;

constexpr std::array<std::string_view, 3> kNotFinite{"NaN", "-Infinity", "Infinity"};
constexpr std::int64_t kMostMembers = 4096;  // of an object; more are costly to read

// The length of such a word at the beginning; 0 where there is none.
std::size_t word_length(std::string_view text) {
  for (const std::string_view word : kNotFinite) {
    if (text.starts_with(word)) return word.size();
  }
  return 0;
}

constexpr std::size_t kIndent = 2;

void append(const Json& json, std::size_t depth, std::string& text) {
  if (json.is_number_float()) {
    text += python_float(json.get<double>());
    return;
  }
  if (!json.is_structured() || json.empty()) {
    text += json.dump(-1, ' ', true, Json::error_handler_t::replace);
    return;
  }
  const std::string line = "\n" + std::string(kIndent * (depth + 1), ' ');
  bool is_first = true;
  text += json.is_object() ? '{' : '[';
  for (const auto& [key, value] : json.items()) {
    if (!is_first) text += ',';
    is_first = false;
    text += line;
    if (json.is_object()) text += Json(key).dump(-1, ' ', true, Json::error_handler_t::replace) + ": ";
    append(value, depth + 1, text);
  }
  text += '\n';
  text += std::string(kIndent * depth, ' ');
  text += json.is_object() ? '}' : ']';
}

}  // namespace

std::string python_text(const Json& json) {
  std::string text;
  append(json, 0, text);
  return text;
}

tl::expected<PythonJson, std::string> parse_python_json(std::string_view text) {
  if (base::has_wide_object(text, kMostMembers))
    return tl::unexpected(fmt::format("has an object of more than {} members", kMostMembers));
  PythonJson read;
  std::string plain;
  plain.reserve(text.size());
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string && c == '\\' && i + 1 < text.size()) {
      plain += c;
      plain += text[++i];
      continue;
    }
    if (c == '"') in_string = !in_string;
    const std::size_t length = in_string ? 0 : word_length(text.substr(i));
    if (length > 0) {
      plain += "null";
      i += length - 1;
      ++read.not_finite;
    } else {
      plain += c;
    }
  }
  auto json = base::parse_json(plain, "JSON");
  if (!json) return tl::unexpected(std::string("is no whole JSON"));
  read.json = *std::move(json);
  return read;
}

}  // namespace bantam::exchange
