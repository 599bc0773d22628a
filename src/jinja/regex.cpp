#include "jinja/regex.hpp"

#include <unicode/regex.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <utility>

#include "text/unicode.hpp"

namespace bantam::jinja {
namespace {

// What \s and \w stand for in Python, inside of brackets.
constexpr std::u32string_view kSpace =
    U"\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
constexpr std::u32string_view kWord = U"\\p{L}\\p{N}_";
constexpr std::int32_t kTimeLimit = 500;  // of ICU's steps
constexpr std::int32_t kStackBytes = 16 << 20;

// A pattern of Python's re as one of ICU with the same meaning.
class Translator {
 public:
  explicit Translator(TextView pattern) {
    for (const char32_t c : pattern) pattern_ += plain(c);
  }

  Result<Text> whole() {
    while (at_ < pattern_.size()) TRY(piece());
    return std::move(out_);
  }

 private:
  char32_t peek(std::size_t ahead = 0) const {
    return at_ + ahead < pattern_.size() ? pattern_[at_ + ahead] : 0;
  }

  static tl::unexpected<base::Error> refused(std::string_view what) {
    return unsupported(fmt::format("{} in the pattern of regex_replace", what));
  }

  Status piece() {
    const char32_t c = pattern_[at_++];
    switch (c) {
      case '\\':
        return escape(false);
      case '[':
        return bracket();
      case '(':
        if (peek() == '?' && peek(1) != ':') return refused("'(?'");
        out_ += c;
        if (peek() == '?') out_ += U"?:", at_ += 2;
        return {};
      case '*':
      case '+':
      case '?':
        if (peek() == '+') return refused("a possessive quantifier");
        out_ += c;
        return {};
      case '{':
        return repetition();
      case '}':
      case ']':
        out_ += '\\';
        break;
      default:
        break;
    }
    out_ += c;
    return {};
  }

  // {m}, {m,} and {m,n}; other braces are text.
  Status repetition() {
    std::size_t end = at_;
    while (end < pattern_.size() && ((pattern_[end] >= '0' && pattern_[end] <= '9') || pattern_[end] == ','))
      ++end;
    const TextView inside = TextView(pattern_).substr(at_, end - at_);
    const bool closed = end < pattern_.size() && pattern_[end] == '}' && !inside.empty();
    if (!closed) {
      out_ += U"\\{";
      return {};
    }
    if (inside.front() == ',' || std::count(inside.begin(), inside.end(), U',') > 1)
      return refused("such a repetition");
    out_ += '{';
    out_ += inside;
    out_ += '}';
    at_ = end + 1;
    if (peek() == '+') return refused("a possessive quantifier");
    return {};
  }

  Status escape(bool inside) {
    if (at_ >= pattern_.size()) return raised("re.error: bad escape (end of pattern)");
    const char32_t c = pattern_[at_++];
    const auto put = [&](std::u32string_view set, bool negated) {
      if (!inside) out_ += negated ? U"[^" : U"[";
      out_ += set;
      if (!inside) out_ += ']';
    };
    switch (c) {
      case 'd':
        put(U"\\p{Nd}", false);
        return {};
      case 's':
        put(kSpace, false);
        return {};
      case 'w':
        put(kWord, false);
        return {};
      case 'D':
      case 'S':
      case 'W':
        if (inside) return refused("a negated class in brackets");
        put(c == 'D' ? U"\\p{Nd}" : c == 'S' ? kSpace : kWord, true);
        return {};
      case 'n':
      case 't':
      case 'r':
      case 'f':
        out_ += '\\', out_ += c;
        return {};
      default:
        break;
    }
    if (text::is_alnum(c)) return refused(fmt::format("'\\{}'", text::to_utf8(Text(1, c))));
    out_ += '\\';
    out_ += c;
    return {};
  }

  Status bracket() {
    out_ += '[';
    if (peek() == '^') out_ += pattern_[at_++];
    for (bool first = true; at_ < pattern_.size(); first = false) {
      const char32_t c = pattern_[at_++];
      if (c == ']' && !first) {
        out_ += ']';
        return {};
      }
      if (c == '\\') {
        TRY(escape(true));
        continue;
      }
      const bool joins = (c == '-' || c == '&' || c == '~' || c == '|') && peek() == c;
      if (joins || c == '[') return refused("such brackets");
      if (c == ']' || c == '&' || c == '{' || c == '}' || c == '$' || c == '^') out_ += '\\';
      // A range needs both ends; at an edge the sign is text.
      if (c == '-' && (first || peek() == ']')) out_ += '\\';
      out_ += c;
    }
    return raised("re.error: unterminated character set");
  }

  Text pattern_;
  std::size_t at_ = 0;
  Text out_;
};

icu::UnicodeString wide(TextView text) {
  icu::UnicodeString out;
  for (const char32_t c : text) out.append(static_cast<UChar32>(plain(c)));
  return out;
}

// The replacement in pieces: texts and numbers of groups.
struct Piece {
  Text text;
  int group = -1;
};

Result<std::vector<Piece>> pieces_of(TextView replacement) {
  std::vector<Piece> out;
  Text text;
  const auto group = [&](int number) {
    out.push_back({std::exchange(text, Text()), -1});
    out.push_back({Text(), number});
  };
  for (std::size_t at = 0; at < replacement.size(); ++at) {
    if (plain(replacement[at]) != '\\') {
      text += replacement[at];
      continue;
    }
    const char32_t c = ++at < replacement.size() ? plain(replacement[at]) : 0;
    if (c >= '1' && c <= '9') {
      const char32_t next = at + 1 < replacement.size() ? plain(replacement[at + 1]) : 0;
      if (next >= '0' && next <= '9') return unsupported("two digits behind '\\' in regex_replace");
      group(static_cast<int>(c - '0'));
    } else if (c == 'g') {
      const std::size_t close = find_text(replacement, U">", at);
      const bool simple = close == at + 3 && plain(replacement[at + 1]) == '<' &&
                          text::decimal_value(plain(replacement[at + 2])) >= 0;
      if (!simple) return unsupported("such a '\\g' in regex_replace");
      group(text::decimal_value(plain(replacement[at + 2])));
      at = close;
    } else if (c == 'n' || c == 't' || c == '\\') {
      text += c == 'n' ? U'\n' : c == 't' ? U'\t' : U'\\';
    } else {
      return unsupported("such an escape in the replacement of regex_replace");
    }
  }
  out.push_back({text, -1});
  return out;
}

tl::unexpected<base::Error> failed(UErrorCode status) {
  if (status == U_REGEX_TIME_OUT || status == U_REGEX_STACK_OVERFLOW)
    return unsupported("a pattern that runs that long");
  return unsupported(fmt::format("this pattern of regex_replace ({})", u_errorName(status)));
}

}  // namespace

Result<Value> filter_regex_replace(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const auto bound, bind("regex_replace", given, {"pattern", "repl", "count"}, 2));
  if (!value.is(Kind::string) || !bound[0]->is(Kind::string))
    return type_error("expected string or bytes-like object");
  if (!bound[1]->is(Kind::string)) return unsupported("a replacement that is no text");
  std::int64_t most = 0;
  if (bound[2]) {
    TRY_ASSIGN(most, machine.index_of(*bound[2]));
  }
  TRY_ASSIGN(const Text pattern, Translator(bound[0]->text()).whole());
  TRY_ASSIGN(const std::vector<Piece> pieces, pieces_of(bound[1]->text()));
  const Text& text = value.text();
  if (text.size() > (std::size_t{1} << 28)) return unsupported("a text that long");
  UErrorCode status = U_ZERO_ERROR;
  const icu::UnicodeString input = wide(text);
  icu::RegexMatcher matcher(wide(pattern), UREGEX_UNIX_LINES, status);
  if (U_FAILURE(status)) return failed(status);
  matcher.setTimeLimit(kTimeLimit, status);
  matcher.setStackLimit(kStackBytes, status);
  matcher.reset(input);
  std::size_t at = 0;  // code points that are written, and where they end in UTF-16
  std::int32_t at_unit = 0;
  const auto position = [&](std::int32_t unit) {
    return at + static_cast<std::size_t>(input.countChar32(at_unit, unit - at_unit));
  };
  Text out;
  for (std::int64_t done = 0; (most <= 0 || done < most) && most >= 0 && matcher.find(status); ++done) {
    TRY(machine.tick());
    TRY(machine.reserve(out.size(), sizeof(char32_t)));
    const std::int32_t start = matcher.start(status);
    const std::int32_t end = matcher.end(status);
    out += TextView(text).substr(at, position(start) - at);
    for (const Piece& piece : pieces) {
      out += piece.text;
      if (piece.group < 0) continue;
      if (piece.group > matcher.groupCount()) return raised("re.error: invalid group reference");
      const std::int32_t from = matcher.start(piece.group, status);
      if (from < 0) continue;
      const std::int32_t to = matcher.end(piece.group, status);
      const std::size_t first = position(from);
      out += TextView(text).substr(first, position(to) - first);
    }
    at = position(end);
    at_unit = end;
  }
  if (U_FAILURE(status)) return failed(status);
  return machine.text(out + text.substr(at));
}

}  // namespace bantam::jinja
