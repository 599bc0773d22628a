#include "score/pattern.hpp"

#include <unicode/regex.h>

#include <fmt/format.h>
#include <chrono>

namespace bantam::score {
namespace {

using Deadline = std::chrono::steady_clock::time_point;
constexpr std::chrono::milliseconds kTimeLimit{1000};

// ICU calls this every so often while matching; false stops it.
UBool before_deadline(const void* deadline, std::int32_t) {
  return std::chrono::steady_clock::now() < *static_cast<const Deadline*>(deadline);
}

icu::UnicodeString wide(std::string_view utf8) {
  return icu::UnicodeString::fromUTF8(icu::StringPiece(utf8.data(), static_cast<std::int32_t>(utf8.size())));
}

std::string narrow(const icu::UnicodeString& text) {
  std::string utf8;
  return text.toUTF8String(utf8);
}

// Length of a quantifier {n}, {n,}, {,m} or {n,m} at the start of `text`; 0 when there is none.
std::size_t quantifier_length(std::string_view text) {
  std::size_t i = 1;
  bool digit = false;
  for (int part = 0; part < 2; ++part) {
    while (i < text.size() && text[i] >= '0' && text[i] <= '9') ++i, digit = true;
    if (part == 0 && i < text.size() && text[i] == ',') ++i;
  }
  return digit && i < text.size() && text[i] == '}' ? i + 1 : 0;
}

// Copies the set that starts at pattern[i] ('['); in ICU a bracket or an ampersand inside would start set
// algebra.
void append_set(std::string_view pattern, std::size_t& i, std::string& out) {
  out += pattern[i++];
  if (i < pattern.size() && pattern[i] == '^') out += pattern[i++];
  if (i < pattern.size() && pattern[i] == ']') out += "\\]", ++i;
  while (i < pattern.size() && pattern[i] != ']') {
    if (pattern[i] == '\\' && i + 1 < pattern.size()) {
      out += pattern[i++];
    } else if (pattern[i] == '[' || pattern[i] == '&') {
      out += '\\';
    }
    out += pattern[i++];
  }
  if (i < pattern.size()) out += pattern[i++];
}

// (?P<name>, (?P=name) and \Z; true when something was taken from pattern[i].
bool append_named(std::string_view pattern, std::size_t& i, std::string& out) {
  const std::string_view rest = pattern.substr(i);
  if (rest.starts_with("(?P<")) {
    out += "(?<";
    i += 4;
  } else if (rest.starts_with("(?P=")) {
    const std::size_t end = rest.find(')');
    if (end == std::string_view::npos) return false;
    out += fmt::format("\\k<{}>", rest.substr(4, end - 4));
    i += end + 1;
  } else if (rest.starts_with("\\Z")) {
    out += "\\z";
    i += 2;
  } else {
    return false;
  }
  return true;
}

base::Error stopped(UErrorCode status, std::string_view source) {
  const std::string why = status == U_REGEX_STOPPED_BY_CALLER || status == U_REGEX_TIME_OUT
                              ? "takes longer than its time limit"
                              : fmt::format("cannot be matched ({})", u_errorName(status));
  return {base::ErrorKind::bad_input, fmt::format("regular expression '{}' {}", source, why),
          "simplify the pattern in the task file"};
}

}  // namespace

std::string icu_dialect(std::string_view pattern) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size();) {
    if (append_named(pattern, i, out)) continue;
    if (pattern[i] == '\\' && i + 1 < pattern.size()) {
      out += pattern.substr(i, 2);
      i += 2;
    } else if (pattern[i] == '[') {
      append_set(pattern, i, out);
    } else if (pattern[i] == '{') {
      const std::size_t length = quantifier_length(pattern.substr(i));
      out += length == 0 ? "\\{" : pattern[i + 1] == ',' ? "{0" : "{";
      if (length > 0) out += pattern.substr(i + 1, length - 1);
      i += length == 0 ? 1 : length;
    } else if (pattern[i] == '}') {
      out += "\\}";
      ++i;
    } else {
      out += pattern[i++];
    }
  }
  return out;
}

struct Pattern::Compiled {
  std::string source;
  std::unique_ptr<icu::RegexPattern> pattern;
};

Pattern::Pattern(std::unique_ptr<Compiled> compiled) : compiled_(std::move(compiled)) {}
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;
Pattern::~Pattern() = default;

base::Result<Pattern> Pattern::compile(std::string_view python_pattern) {
  UErrorCode status = U_ZERO_ERROR;
  UParseError where{};
  auto compiled = std::make_unique<Compiled>();
  compiled->source = std::string(python_pattern);
  // Only \n ends a line in Python.
  compiled->pattern.reset(
      icu::RegexPattern::compile(wide(icu_dialect(python_pattern)), UREGEX_UNIX_LINES, where, status));
  if (U_FAILURE(status)) {
    return base::fail(base::ErrorKind::bad_input, fmt::format("'{}' is not a regular expression ({})",
                                                              python_pattern, u_errorName(status)));
  }
  return Pattern(std::move(compiled));
}

base::Result<std::vector<std::vector<std::string>>> Pattern::find_all(std::string_view text) const {
  UErrorCode status = U_ZERO_ERROR;
  const icu::UnicodeString subject = wide(text);
  const std::unique_ptr<icu::RegexMatcher> matcher(compiled_->pattern->matcher(subject, status));
  if (U_FAILURE(status)) return tl::unexpected(stopped(status, compiled_->source));
  const Deadline deadline = std::chrono::steady_clock::now() + kTimeLimit;
  matcher->setMatchCallback(before_deadline, &deadline, status);
  std::vector<std::vector<std::string>> matches;
  while (matcher->find(status) && U_SUCCESS(status)) {
    const std::int32_t groups = matcher->groupCount();
    std::vector<std::string> match;
    for (std::int32_t group = groups == 0 ? 0 : 1; group <= groups; ++group) {
      match.push_back(narrow(matcher->group(group, status)));
    }
    matches.push_back(std::move(match));
  }
  if (U_FAILURE(status)) return tl::unexpected(stopped(status, compiled_->source));
  return matches;
}

base::Result<std::string> Pattern::replace_all(std::string_view text, std::string_view replacement) const {
  UErrorCode status = U_ZERO_ERROR;
  const icu::UnicodeString subject = wide(text);
  const std::unique_ptr<icu::RegexMatcher> matcher(compiled_->pattern->matcher(subject, status));
  if (U_FAILURE(status)) return tl::unexpected(stopped(status, compiled_->source));
  const Deadline deadline = std::chrono::steady_clock::now() + kTimeLimit;
  matcher->setMatchCallback(before_deadline, &deadline, status);
  // ICU's own replaceAll() takes a match that was stopped for none and does not tell.
  const icu::UnicodeString substitute = wide(replacement);
  icu::UnicodeString replaced;
  while (matcher->find(status) && U_SUCCESS(status)) {
    matcher->appendReplacement(replaced, substitute, status);
  }
  matcher->appendTail(replaced);
  if (U_FAILURE(status)) return tl::unexpected(stopped(status, compiled_->source));
  return narrow(replaced);
}

}  // namespace bantam::score
