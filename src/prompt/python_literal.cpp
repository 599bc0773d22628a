#include "prompt/python_literal.hpp"

#include <fmt/format.h>

#include <cmath>

#include "base/text.hpp"
#include "text/unicode.hpp"

namespace bantam::prompt {
namespace {

using base::Json;

std::string repr_of_text(std::string_view utf8) {
  const bool double_quotes =
      utf8.find('\'') != std::string_view::npos && utf8.find('"') == std::string_view::npos;
  const char32_t quote = double_quotes ? U'"' : U'\'';
  std::string out(1, static_cast<char>(quote));
  for (const char32_t c : text::to_utf32(utf8)) {
    const auto code = static_cast<unsigned>(c);
    if (c == U'\\' || c == quote) {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == U'\n') {
      out += "\\n";
    } else if (c == U'\r') {
      out += "\\r";
    } else if (c == U'\t') {
      out += "\\t";
    } else if (text::is_printable(c)) {
      text::append_utf8(c, out);
    } else if (code < 0x100) {
      out += fmt::format("\\x{:02x}", code);
    } else {
      out += code < 0x10000 ? fmt::format("\\u{:04x}", code) : fmt::format("\\U{:08x}", code);
    }
  }
  out += static_cast<char>(quote);
  return out;
}

std::string repr_of_number(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

}  // namespace

std::string python_repr(const Json& value) {
  if (value.is_string()) return repr_of_text(value.get_ref<const std::string&>());
  if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
  if (value.is_null()) return "None";
  if (value.is_number_float()) return repr_of_number(value.get<double>());
  if (!value.is_structured()) return value.dump();
  std::vector<std::string> parts;
  for (const auto& [key, element] : value.items()) {
    parts.push_back(value.is_object() ? fmt::format("{}: {}", repr_of_text(key), python_repr(element))
                                      : python_repr(element));
  }
  const std::string inside = base::join(parts, ", ");
  return value.is_object() ? fmt::format("{{{}}}", inside) : fmt::format("[{}]", inside);
}

std::string python_str(const Json& value) {
  return value.is_string() ? value.get<std::string>() : python_repr(value);
}

}  // namespace bantam::prompt
