#include "exchange/python_json.hpp"

#include <array>
#include <string>

namespace bantam::exchange {
namespace {

constexpr std::array<std::string_view, 3> kNotFinite{"NaN", "-Infinity", "Infinity"};

// The length of such a word at the beginning; 0 where there is none.
std::size_t word_length(std::string_view text) {
  for (const std::string_view word : kNotFinite) {
    if (text.starts_with(word)) return word.size();
  }
  return 0;
}

}  // namespace

base::Result<PythonJson> parse_python_json(std::string_view text, std::string_view what) {
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
  TRY_ASSIGN(read.json, base::parse_json(plain, what));
  return read;
}

}  // namespace bantam::exchange
