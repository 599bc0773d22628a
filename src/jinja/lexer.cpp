#include "jinja/lexer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "base/text.hpp"
#include "jinja/errors.hpp"
#include "text/python_text.hpp"
#include "text/unicode.hpp"

namespace bantam::jinja {
namespace {

Text with_plain_line_breaks(TextView source) {
  Text out;
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source[i] != '\r') {
      out += source[i];
    } else if (i + 1 >= source.size() || source[i + 1] != '\n') {
      out += '\n';
    }
  }
  return out;
}

bool is_hex(char32_t c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// What stands between the quotes, as Python's codec unicode-escape reads it.
class Unescaper {
 public:
  explicit Unescaper(TextView raw) : raw_(raw) {}

  Result<Text> whole() {
    while (at_ < raw_.size()) {
      const char32_t c = raw_[at_++];
      if (c != '\\') {
        out_ += c;
      } else {
        TRY(escape());
      }
    }
    return std::move(out_);
  }

 private:
  Status escape() {
    if (at_ >= raw_.size()) return raised("\\ at end of string");
    const char32_t c = raw_[at_++];
    constexpr std::string_view kNames = "\\'\"abfnrtv";
    constexpr std::string_view kValues = "\\'\"\a\b\f\n\r\t\v";
    if (c == '\n') return {};
    if (c < 0x80) {
      if (const auto index = kNames.find(static_cast<char>(c)); index != std::string_view::npos) {
        out_ += static_cast<char32_t>(kValues[index]);
        return {};
      }
    }
    if (c >= '0' && c <= '7') return octal(c - '0');
    if (c == 'x') return digits(2);
    if (c == 'u') return digits(4);
    if (c == 'U') return digits(8);
    if (c == 'N') return unsupported("escape \\N{...} in a string");
    out_ += '\\';
    if (c < 0x80) {
      out_ += c;
    } else {  // the codec sees the escaped form of the character, behind a backslash of its own
      out_ += ascii(c < 0x100     ? fmt::format("x{:02x}", static_cast<unsigned>(c))
                    : c < 0x10000 ? fmt::format("u{:04x}", static_cast<unsigned>(c))
                                  : fmt::format("U{:08x}", static_cast<unsigned>(c)));
    }
    return {};
  }

  Status octal(char32_t value) {
    for (int i = 0; i < 2 && at_ < raw_.size() && raw_[at_] >= '0' && raw_[at_] <= '7'; ++i) {
      value = value * 8 + (raw_[at_++] - '0');
    }
    out_ += value;
    return {};
  }

  Status digits(int count) {
    char32_t value = 0;
    for (int i = 0; i < count; ++i, ++at_) {
      if (at_ >= raw_.size() || !is_hex(raw_[at_])) return raised("truncated escape in a string");
      const char32_t c = raw_[at_];
      value = value * 16 + (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
      if (value > 0x10FFFF) return raised("illegal Unicode character in a string");
    }
    if (value >= 0xD800 && value <= 0xDFFF) return unsupported("a surrogate in a string");
    out_ += value;
    return {};
  }

  TextView raw_;
  std::size_t at_ = 0;
  Text out_;
};

class Lexer {
 public:
  Lexer(Text source, Dialect dialect) : source_(std::move(source)), chat_(dialect == Dialect::chat) {}

  Result<std::vector<Token>> run() {
    while (at_ < source_.size()) {
      if (auto done = root(); !done) return at_line(line_, std::move(done).error());
    }
    add(TokenType::end);
    return std::move(tokens_);
  }

 private:
  TextView rest() const { return TextView(source_).substr(at_); }
  bool starts(std::u32string_view text) const { return rest().starts_with(text); }
  std::size_t space_from(std::size_t from) const {
    while (from < source_.size() && text::is_space(source_[from])) ++from;
    return from;
  }

  Token& add(TokenType type) {
    tokens_.emplace_back();
    tokens_.back().type = type;
    tokens_.back().line = line_;
    return tokens_.back();
  }

  // Moves past `end`, counting lines.
  void move(std::size_t end) {
    line_ += static_cast<int>(std::count(source_.begin() + static_cast<std::ptrdiff_t>(at_),
                                         source_.begin() + static_cast<std::ptrdiff_t>(end), U'\n'));
    line_starting_ = end > at_ ? source_[end - 1] == '\n' : false;
    at_ = end;
  }

  // The text in front of a tag, as the tag's sign and the dialect want it.
  void add_data(TextView data, char32_t sign, bool variable) {
    if (sign == '-') {
      while (!data.empty() && text::is_space(data.back())) data.remove_suffix(1);
    } else if (sign != '+' && chat_ && !variable) {
      const auto line_break = data.rfind('\n');
      const std::size_t start = line_break == TextView::npos ? 0 : line_break + 1;
      const TextView tail = data.substr(start);
      if ((start > 0 || line_starting_) && std::all_of(tail.begin(), tail.end(), text::is_space)) {
        data = data.substr(0, start);
      }
    }
    if (!data.empty()) add(TokenType::data).string = data;
  }

  char32_t sign_at(std::size_t at) const {
    return at < source_.size() && (source_[at] == '-' || source_[at] == '+') ? source_[at] : 0;
  }

  // Where the raw tag that may begin at `at` ends; absent when it is none.
  std::optional<std::size_t> raw_begin(std::size_t at) const {
    std::size_t end = at + 2 + (sign_at(at + 2) != 0 ? 1 : 0);
    end = space_from(end);
    if (!TextView(source_).substr(end).starts_with(U"raw")) return std::nullopt;
    end = space_from(end + 3);
    if (TextView(source_).substr(end).starts_with(U"-%}")) return space_from(end + 3);
    if (TextView(source_).substr(end).starts_with(U"%}")) return end + 2;
    return std::nullopt;
  }

  Status root() {
    std::size_t tag = at_;
    while (true) {
      tag = source_.find('{', tag);
      if (tag == Text::npos || tag + 1 >= source_.size()) {
        tag = Text::npos;
        break;
      }
      const char32_t c = source_[tag + 1];
      if (c == '{' || c == '%' || c == '#') break;
      ++tag;
    }
    if (tag == Text::npos) {
      add(TokenType::data).string = rest();
      move(source_.size());
      return {};
    }
    const char32_t kind = source_[tag + 1];
    const char32_t sign = sign_at(tag + 2);
    const auto raw_end = kind == '%' ? raw_begin(tag) : std::nullopt;
    add_data(rest().substr(0, tag - at_), sign, kind == '{');
    if (raw_end) {
      move(*raw_end);
      return raw();
    }
    move(tag + 2 + (sign != 0 ? 1 : 0));
    if (kind == '#') return comment();
    add(kind == '%' ? TokenType::block_begin : TokenType::variable_begin);
    return inside(kind == '%');
  }

  // The end of a block or comment tag that closes with `closing`: its length from `at`, or absent.
  std::optional<std::size_t> tag_end(std::size_t at, std::u32string_view closing) const {
    const TextView from = TextView(source_).substr(at);
    if (from.starts_with(U'+') && from.substr(1).starts_with(closing)) return at + 3;
    if (from.starts_with(U'-') && from.substr(1).starts_with(closing)) return space_from(at + 3);
    if (!from.starts_with(closing)) return std::nullopt;
    const bool trim = chat_ && at + 2 < source_.size() && source_[at + 2] == '\n';
    return at + (trim ? 3 : 2);
  }

  Status comment() {
    for (std::size_t at = at_; at < source_.size(); ++at) {
      if (const auto end = tag_end(at, U"#}")) {
        move(*end);
        return {};
      }
    }
    return raised("Missing end of comment tag");
  }

  Status raw() {
    for (std::size_t at = at_; at < source_.size(); ++at) {
      if (!TextView(source_).substr(at).starts_with(U"{%")) continue;
      const char32_t sign = sign_at(at + 2);
      std::size_t end = space_from(at + 2 + (sign != 0 ? 1 : 0));
      if (!TextView(source_).substr(end).starts_with(U"endraw")) continue;
      const auto whole = tag_end(space_from(end + 6), U"%}");
      if (!whole) continue;
      add_data(rest().substr(0, at - at_), sign, false);
      move(*whole);
      return {};
    }
    return raised("Missing end of raw directive");
  }

  // The tokens of a block or variable tag, its end included.
  Status inside(bool block) {
    std::vector<char32_t> open;
    while (at_ < source_.size()) {
      if (open.empty()) {
        auto end = block ? tag_end(at_, U"%}") : std::nullopt;
        if (!block && starts(U"-}}")) end = space_from(at_ + 3);
        if (!block && starts(U"}}")) end = at_ + 2;
        if (end) {
          add(block ? TokenType::block_end : TokenType::variable_end);
          move(*end);
          return {};
        }
      }
      if (text::is_space(source_[at_])) {
        move(space_from(at_));
        continue;
      }
      TRY(token(open));
    }
    return {};
  }

  Status token(std::vector<char32_t>& open) {
    const char32_t c = source_[at_];
    if (c >= '0' && c <= '9') return number();
    if (c == '\'' || c == '"') return string();
    if (text::is_alnum(c) || text::is_identifier_part(c)) return name();
    return operation(open);
  }

  Status name() {
    std::size_t end = at_;
    while (end < source_.size() && (text::is_alnum(source_[end]) || text::is_identifier_part(source_[end])))
      ++end;
    const TextView word = rest().substr(0, end - at_);
    if (!text::is_identifier_start(word.front()) ||
        !std::all_of(word.begin(), word.end(), text::is_identifier_part)) {
      return raised("Invalid character in identifier");
    }
    add(TokenType::name).text = text::to_utf8(word);
    move(end);
    return {};
  }

  Status string() {
    const char32_t quote = source_[at_];
    std::size_t end = at_ + 1;
    while (end < source_.size() && source_[end] != quote) end += source_[end] == '\\' ? 2U : 1U;
    if (end >= source_.size()) {
      return raised(fmt::format("unexpected char {} at {}", quote == '"' ? "'\"'" : "\"'\"", at_));
    }
    TRY_ASSIGN(Text value, Unescaper(TextView(source_).substr(at_ + 1, end - at_ - 1)).whole());
    add(TokenType::string).string = std::move(value);
    move(end + 1);
    return {};
  }

  // The end of digits that underscores may separate.
  std::size_t digits_from(std::size_t from, unsigned base) const {
    const auto is_one = [&](std::size_t at) {
      if (at >= source_.size()) return false;
      const char32_t c = source_[at];
      return base == 16 ? is_hex(c) : c >= '0' && c < '0' + base;
    };
    while (is_one(from) || (from < source_.size() && source_[from] == '_' && is_one(from + 1))) ++from;
    return from;
  }

  std::string ascii_between(std::size_t from, std::size_t to) const {
    return base::replace_all(text::to_utf8(TextView(source_).substr(from, to - from)), "_", "");
  }

  Status number() {
    const std::size_t start = at_;
    const std::size_t whole = digits_from(start, 10);
    const bool behind_dot = start > 0 && source_[start - 1] == '.';
    std::size_t end = whole;
    const auto digit_at = [&](std::size_t at) {
      return at < source_.size() && source_[at] >= '0' && source_[at] <= '9';
    };
    if (!behind_dot) {
      if (end < source_.size() && source_[end] == '.' && digit_at(end + 1)) end = digits_from(end + 1, 10);
      if (end < source_.size() && (source_[end] | 0x20) == 'e') {
        std::size_t exponent = end + 1;
        if (exponent < source_.size() && (source_[exponent] == '+' || source_[exponent] == '-')) ++exponent;
        if (digit_at(exponent)) end = digits_from(exponent, 10);
      }
      if (end != whole) return real(start, end);
    }
    return integer(start);
  }

  Status real(std::size_t start, std::size_t end) {
    const std::string digits = ascii_between(start, end);
    const double value = std::strtod(digits.c_str(), nullptr);
    if (std::isinf(value)) return unsupported("a number beyond the range of floats");
    add(TokenType::real).real = value;
    move(end);
    return {};
  }

  Status integer(std::size_t start) {
    unsigned base = 10;
    std::size_t first = start;
    std::size_t end = start;
    if (source_[start] == '0') {
      const char32_t mark = start + 1 < source_.size() ? source_[start + 1] | 0x20 : 0;
      const unsigned named = mark == 'b' ? 2 : mark == 'o' ? 8 : mark == 'x' ? 16 : 0;
      if (named != 0 && digits_from(start + 2, named) > start + 2) {
        base = named;
        first = start + 2;
        end = digits_from(first, base);
      } else {
        while (end < source_.size() &&
               (source_[end] == '0' ||
                (source_[end] == '_' && end + 1 < source_.size() && source_[end + 1] == '0'))) {
          ++end;
        }
      }
    } else {
      end = digits_from(start, 10);
    }
    if (end < source_.size() && source_[end] >= 0x80 && text::is_decimal(source_[end])) {
      return unsupported("a digit beyond ASCII in a number");
    }
    const auto value = Integer::parse(ascii_between(first, end), base);
    if (!value) return unsupported("an integer of more than 4,300 digits");
    add(TokenType::integer).integer = *value;
    move(end);
    return {};
  }

  Status operation(std::vector<char32_t>& open) {
    constexpr std::array<std::u32string_view, 6> kLong{U"//", U"**", U"==", U"!=", U">=", U"<="};
    const char32_t c = source_[at_];
    std::size_t length = 0;
    for (const auto text : kLong) {
      if (starts(text)) length = 2;
    }
    if (length == 0 && std::u32string_view(U"+-/*%~[](){}><=.:|,;").find(c) != std::u32string_view::npos)
      length = 1;
    if (length == 0) {
      return raised(fmt::format("unexpected char '{}' at {}", text::to_utf8(Text(1, c)), at_));
    }
    if (c == '(' || c == '[' || c == '{') open.push_back(c == '(' ? ')' : c == '[' ? ']' : '}');
    if (c == ')' || c == ']' || c == '}') {
      if (open.empty() || open.back() != c)
        return raised(fmt::format("unexpected '{}'", static_cast<char>(c)));
      open.pop_back();
    }
    add(TokenType::op).text = text::to_utf8(rest().substr(0, length));
    move(at_ + length);
    return {};
  }

  Text source_;
  bool chat_ = false;
  std::size_t at_ = 0;
  int line_ = 1;
  bool line_starting_ = true;
  std::vector<Token> tokens_;
};

}  // namespace

Result<std::vector<Token>> tokenize(std::string_view source, Dialect dialect) {
  Text text = with_plain_line_breaks(text::to_utf32(source));
  if (dialect == Dialect::chat && text.ends_with(U'\n')) text.pop_back();
  return Lexer(std::move(text), dialect).run();
}

}  // namespace bantam::jinja
