#include "exchange/python_json.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

#include "base/json_width.hpp"

namespace bantam::exchange {
namespace {

constexpr std::array<std::string_view, 3> kNotFinite{"NaN", "-Infinity", "Infinity"};
constexpr std::int64_t kMostMembers = 4096;  // of an object; more are costly to read

// The length of such a word at the beginning; 0 where there is none.
std::size_t word_length(std::string_view text) {
  for (const std::string_view word : kNotFinite) {
    if (text.starts_with(word)) return word.size();
  }
  return 0;
}

// repr() of a float.
std::string number_text(double value) {
  constexpr double kLeastFixed = 1e-4, kMostFixed = 1e16;
  const double size = std::abs(value);
  const bool is_fixed = size == 0.0 || (size >= kLeastFixed && size < kMostFixed);
  std::array<char, 64> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value,
                                 is_fixed ? std::chars_format::fixed : std::chars_format::scientific);
  const std::string_view digits(text.data(), static_cast<std::size_t>(end.ptr - text.data()));
  const bool is_whole = is_fixed && digits.find('.') == std::string_view::npos;
  return std::string(digits) + (is_whole ? ".0" : "");
}

void append(const base::Json& json, int depth, std::string& text) {
  if (json.is_number_float()) {
    text += number_text(json.get<double>());
    return;
  }
  if (!json.is_structured() || json.empty()) {
    text += base::to_text(json);
    return;
  }
  const std::string line_begin = "\n" + std::string(static_cast<std::size_t>(depth + 1) * 2, ' ');
  text += json.is_object() ? '{' : '[';
  bool is_first = true;
  for (const auto& [key, value] : json.items()) {
    if (!is_first) text += ',';
    is_first = false;
    text += line_begin;
    if (json.is_object()) text += base::to_text(base::Json(key)) + ": ";
    append(value, depth + 1, text);
  }
  text += line_begin.substr(0, line_begin.size() - 2);
  text += json.is_object() ? '}' : ']';
}

}  // namespace

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

std::string python_json_text(const base::Json& json) {
  std::string text;
  append(json, 0, text);
  return text;
}

}  // namespace bantam::exchange
