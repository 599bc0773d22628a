#include "exchange/python_json.hpp"

#include <fmt/format.h>

#include <array>

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

}  // namespace bantam::exchange
