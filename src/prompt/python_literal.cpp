#include "prompt/python_literal.hpp"

#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "base/text.hpp"

namespace bantam::prompt {
namespace {

using base::Json;

constexpr int kMaxDepth = 64;

std::string repr_of_text(std::string_view text) {
  const bool double_quotes =
      text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos;
  const char quote = double_quotes ? '"' : '\'';
  std::string out(1, quote);
  for (const char c : text) {
    if (c == '\\' || c == quote) {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  out += quote;
  return out;
}

std::string repr_of_number(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

void append_utf8(std::string& out, unsigned c) {
  const auto put = [&](unsigned byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | (c >> 6)), put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | (c >> 12)), put(0x80 | ((c >> 6) & 0x3F)), put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | (c >> 18)), put(0x80 | ((c >> 12) & 0x3F)), put(0x80 | ((c >> 6) & 0x3F)),
        put(0x80 | (c & 0x3F));
  }
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::optional<Json> whole() {
    auto read = value(0);
    skip_space();
    return at_ == text_.size() ? read : std::nullopt;
  }

 private:
  void skip_space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
      ++at_;
  }

  bool take(std::string_view word) {
    skip_space();
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  std::optional<Json> value(int depth) {
    if (depth > kMaxDepth) return std::nullopt;
    if (take("[")) return sequence("]", depth);
    if (take("(")) return sequence(")", depth);
    if (take("{")) return dictionary(depth);
    if (take("True")) return Json(true);
    if (take("False")) return Json(false);
    if (take("None")) return Json(nullptr);
    skip_space();
    if (at_ < text_.size() && (text_[at_] == '\'' || text_[at_] == '"')) return joined_text();
    return number();
  }

  std::optional<Json> sequence(std::string_view end, int depth) {
    Json out = Json::array();
    bool comma = false;
    while (!take(end)) {
      auto element = value(depth + 1);
      if (!element) return std::nullopt;
      out.push_back(std::move(*element));
      comma = take(",");
      if (!comma && !take(end)) return std::nullopt;
      if (!comma) return end == ")" && out.size() == 1 ? std::optional<Json>(out.front()) : out;
    }
    return out;
  }

  std::optional<Json> dictionary(int depth) {
    Json out = Json::object();
    while (!take("}")) {
      auto key = value(depth + 1);
      if (!key || !key->is_string() || !take(":")) return std::nullopt;
      auto element = value(depth + 1);
      if (!element) return std::nullopt;
      out[key->get<std::string>()] = std::move(*element);
      if (take(",")) continue;
      return take("}") ? std::optional<Json>(out) : std::nullopt;
    }
    return out;
  }

  // Adjacent literals are one text.
  std::optional<Json> joined_text() {
    std::string out;
    while (at_ < text_.size() && (text_[at_] == '\'' || text_[at_] == '"')) {
      if (!quoted(out)) return std::nullopt;
      skip_space();
    }
    return Json(std::move(out));
  }

  bool quoted(std::string& out) {
    const char quote = text_[at_++];
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] == '\n') return false;
      if (text_[at_] != '\\') {
        out += text_[at_++];
      } else if (!escape(out)) {
        return false;
      }
    }
    return at_++ < text_.size();
  }

  bool escape(std::string& out) {
    ++at_;
    if (at_ >= text_.size()) return false;
    const char kind = text_[at_++];
    constexpr std::string_view kNames = "nrtabfv0\\'\"";
    constexpr std::string_view kValues("\n\r\t\a\b\f\v\0\\'\"", 11);
    if (const auto index = kNames.find(kind); index != std::string_view::npos) {
      out += kValues[index];
      return true;
    }
    const std::size_t digits = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
    if (digits == 0) {  // Python keeps unknown escapes; a backslash before a line end joins the lines
      if (kind != '\n') (out += '\\') += kind;
      return true;
    }
    unsigned code_point = 0;
    for (std::size_t i = 0; i < digits; ++i, ++at_) {
      if (at_ >= text_.size()) return false;
      const auto digit = std::string_view("0123456789abcdef").find(base::ascii_lower(text_.substr(at_, 1)));
      if (digit == std::string_view::npos) return false;
      code_point = code_point * 16 + static_cast<unsigned>(digit);
    }
    append_utf8(out, code_point);
    return true;
  }

  std::optional<Json> number() {
    const std::size_t start = at_;
    while (at_ < text_.size() &&
           std::string_view("+-.eE0123456789_").find(text_[at_]) != std::string_view::npos)
      ++at_;
    const std::string digits = base::replace_all(std::string(text_.substr(start, at_ - start)), "_", "");
    if (const auto integer = base::parse_integer(digits)) return Json(*integer);
    if (const auto real = base::parse_number(digits)) return Json(*real);
    return std::nullopt;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

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

base::Result<Json> parse_python_literal(std::string_view text) {
  if (auto value = Reader(text).whole()) return *value;
  return base::fail(
      base::ErrorKind::bad_input,
      fmt::format("'{}' is not a list or value that Python would read", base::ellipsize(text, 60)));
}

}  // namespace bantam::prompt
