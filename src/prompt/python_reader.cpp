// ast.literal_eval of Python 3.11, on JSON values.

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "prompt/python_literal.hpp"
#include "text/unicode.hpp"

namespace bantam::prompt {
namespace {

using base::Json;

constexpr int kMaxDepth = 199;  // CPython: "too many nested parentheses"
constexpr std::string_view kDigits = "0123456789";

bool is_any_of(char c, std::string_view characters) {
  return characters.find(c) != std::string_view::npos;
}

bool is_letter_or_digit(char c) {
  return is_any_of(base::ascii_lower(std::string_view(&c, 1)).front(),
                   "abcdefghijklmnopqrstuvwxyz0123456789");
}

// Beyond ASCII Python knows letters of names, and nothing else outside of texts.
bool may_be_in_name(char c) {
  return static_cast<unsigned char>(c) >= 0x80 || c == '_' || is_letter_or_digit(c);
}

// Line ends as Python's reader of source text has them, also within texts of three quotes.
std::string with_line_feeds(std::string_view text) {
  std::string out = base::replace_all(std::string(text), "\r\n", "\n");
  return base::replace_all(out, "\r", "\n");
}

class Reader {
 public:
  explicit Reader(std::string_view text) : source_(with_line_feeds(text)), text_(source_) {}

  std::optional<Json> whole() {
    if (text_.find('\0') != std::string_view::npos || !skip_to_first()) return std::nullopt;
    auto read = value(0);
    if (read && take(",")) read = bare_tuple(*std::move(read));
    lines_end_ = false;  // empty lines and comments may follow
    skip_blanks();
    return at_ == text_.size() ? read : std::nullopt;
  }

 private:
  bool is_at(char c) const { return at_ < text_.size() && text_[at_] == c; }

  // Blanks before everything, then lines without anything; a first line that is indented is an error.
  bool skip_to_first() {
    at_ = std::min(text_.find_first_not_of(" \t"), text_.size());
    std::size_t line = at_;
    for (lines_end_ = true; at_ < text_.size();) {
      skip_blanks();
      if (!is_at('\n')) return at_ == line || text_[at_ - 1] == '\f';
      line = ++at_;
    }
    return false;
  }

  // Blanks and comments; line ends too within brackets.
  void skip_blanks() {
    while (at_ < text_.size()) {
      if (is_any_of(text_[at_], " \t\f") || (is_at('\n') && !lines_end_)) {
        ++at_;
      } else if (is_at('#')) {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (at_ + 2 < text_.size() && text_.substr(at_, 2) == "\\\n") {
        at_ += 2;
      } else {
        return;
      }
    }
  }

  bool take(std::string_view sign) {
    skip_blanks();
    if (!text_.substr(at_).starts_with(sign)) return false;
    at_ += sign.size();
    return true;
  }

  // [ or (: within them lines do not end.
  template <typename Body>
  std::optional<Json> bracketed(int depth, Body body) {
    if (depth >= kMaxDepth) return std::nullopt;
    const bool outer = std::exchange(lines_end_, false);
    auto read = body();
    lines_end_ = outer;
    return read;
  }

  std::optional<Json> value(int depth) {
    if (take("[")) return bracketed(depth, [&] { return sequence("]", depth); });
    if (take("(")) return bracketed(depth, [&] { return sequence(")", depth); });
    if (take("{")) return bracketed(depth, [&] { return dictionary(depth); });
    if (at_ >= text_.size()) return std::nullopt;
    if (is_any_of(text_[at_], "+-.0123456789")) return signed_number();
    std::size_t end = at_;
    while (end < text_.size() && may_be_in_name(text_[end])) ++end;
    const std::string_view name = text_.substr(at_, end - at_);
    if (end < text_.size() && is_any_of(text_[end], "'\"")) return joined_text();
    at_ = end;
    if (name == "True") return Json(true);
    if (name == "False") return Json(false);
    if (name == "None") return Json(nullptr);
    return std::nullopt;
  }

  std::optional<Json> sequence(std::string_view end, int depth) {
    Json out = Json::array();
    while (!take(end)) {
      auto element = value(depth + 1);
      if (!element) return std::nullopt;
      out.push_back(std::move(*element));
      if (take(",")) continue;
      if (!take(end)) return std::nullopt;
      return end == ")" && out.size() == 1 ? std::optional<Json>(out.front()) : out;
    }
    return out;
  }

  // 'a', 'b' without brackets.
  std::optional<Json> bare_tuple(Json first) {
    Json out = Json::array({std::move(first)});
    for (skip_blanks(); at_ < text_.size() && !is_at('\n'); skip_blanks()) {
      auto element = value(0);
      if (!element) return std::nullopt;
      out.push_back(std::move(*element));
      if (!take(",")) break;
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
    while (true) {
      skip_blanks();
      const std::size_t quote = text_.find_first_of("'\"", at_);
      if (quote == std::string_view::npos) break;
      const std::string prefix = base::ascii_lower(text_.substr(at_, quote - at_));
      if (!prefix.empty() && prefix != "r" && prefix != "u") break;  // bytes and f'...' are no texts
      at_ = quote;
      if (!quoted(out, prefix == "r")) return std::nullopt;
    }
    return Json(std::move(out));
  }

  bool quoted(std::string& out, bool raw) {
    const bool is_long = text_.substr(at_, 3) == std::string(3, text_[at_]);
    const std::string end(is_long ? 3 : 1, text_[at_]);
    at_ += end.size();
    while (at_ < text_.size() && !text_.substr(at_).starts_with(end)) {
      if (is_at('\n') && !is_long) return false;
      if (!is_at('\\')) {
        out += text_[at_++];
      } else if (raw) {
        if (at_ + 1 >= text_.size()) return false;
        out += text_.substr(at_, 2);
        at_ += 2;
      } else if (!escape(out)) {
        return false;
      }
    }
    at_ += end.size();
    return at_ <= text_.size();
  }

  bool escape(std::string& out) {
    ++at_;
    if (at_ >= text_.size()) return false;
    const char kind = text_[at_++];
    constexpr std::string_view kNames = "nrtabfv\\'\"";
    constexpr std::string_view kValues = "\n\r\t\a\b\f\v\\'\"";
    if (const auto index = kNames.find(kind); index != std::string_view::npos) {
      out += kValues[index];
      return true;
    }
    if (is_any_of(kind, "01234567")) {
      --at_;
      return code_point(out, 3, 1, 8);
    }
    if (kind == 'N') return false;  // a letter by its name
    const std::size_t digits = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
    if (digits > 0) return code_point(out, digits, digits, 16);
    if (kind != '\n') (out += '\\') += kind;  // Python keeps unknown escapes; behind a line end goes on
    return true;
  }

  bool code_point(std::string& out, std::size_t most, std::size_t least, unsigned base) {
    char32_t code = 0;
    std::size_t count = 0;
    for (; count < most && at_ < text_.size(); ++count, ++at_) {
      const auto digit = std::string_view("0123456789abcdef").find(base::ascii_lower(text_.substr(at_, 1)));
      if (digit >= base) break;
      code = code * base + static_cast<char32_t>(digit);
    }
    if (count < least || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return false;
    text::append_utf8(code, out);
    return true;
  }

  // One sign at most.
  std::optional<Json> signed_number() {
    const bool negative = is_at('-');
    if (is_any_of(text_[at_], "+-")) ++at_;
    skip_blanks();
    const std::size_t start = at_;
    while (at_ < text_.size() &&
           (may_be_in_name(text_[at_]) || is_at('.') ||
            (is_any_of(text_[at_], "+-") && is_any_of(text_[at_ - 1], "eE") && is_decimal(start))))
      ++at_;
    return number(base::ascii_lower(text_.substr(start, at_ - start)), negative ? "-" : "");
  }

  bool is_decimal(std::size_t start) const { return !is_any_of(text_.substr(start, 2).back(), "xXoObB"); }

  static std::optional<Json> number(std::string text, const std::string& sign) {
    const auto underscore = [&](std::size_t at) {
      return at > 0 && at + 1 < text.size() && is_letter_or_digit(text[at - 1]) &&
             is_letter_or_digit(text[at + 1]);
    };
    for (std::size_t at = text.find('_'); at != std::string::npos; at = text.find('_', at + 1))
      if (!underscore(at)) return std::nullopt;
    text = base::replace_all(text, "_", "");
    if (text.empty()) return std::nullopt;
    if (text.size() > 2 && text[0] == '0' && is_any_of(text[1], "xob"))
      return whole_number(sign + text.substr(2), text[1] == 'x' ? 16 : text[1] == 'o' ? 8 : 2);
    if (text.find_first_not_of(kDigits) == std::string::npos) {
      if (text[0] == '0' && text.find_first_not_of('0') != std::string::npos) return std::nullopt;
      return whole_number(sign + text, 10);
    }
    if (text.find_first_not_of("0123456789.e+-") != std::string::npos || text == "." ||
        text.starts_with(".e"))
      return std::nullopt;
    const auto real = base::parse_number(sign + (text.starts_with('.') ? "0" : "") + text);
    return real ? std::optional<Json>(*real) : std::nullopt;
  }

  static std::optional<Json> whole_number(const std::string& digits, int base) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return Json(value);
  }

  std::string source_;
  std::string_view text_;
  std::size_t at_ = 0;
  bool lines_end_ = true;  // not within brackets
};

}  // namespace

base::Result<Json> parse_python_literal(std::string_view text) {
  if (auto value = Reader(text).whole()) return *value;
  return base::fail(
      base::ErrorKind::bad_input,
      fmt::format("'{}' is not a list or value that Python would read", base::ellipsize(text, 60)));
}

}  // namespace bantam::prompt
