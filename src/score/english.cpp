#include "score/english.hpp"

#include <unicode/brkiter.h>
#include <unicode/filteredbrk.h>
#include <unicode/locid.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "score/ngrams.hpp"
#include "score/python_text.hpp"

// The tokenizer is a chain of substitutions, each over the result of the last. Each step below states the
// expression that it stands for.

namespace bantam::score {
namespace {

using Text = std::u32string;
using View = std::u32string_view;

Text decoded(std::string_view utf8) {
  Text text;
  text.reserve(utf8.size());
  for (std::size_t at = 0; at < utf8.size();) text += next_code_point(utf8, at);
  return text;
}

void append_utf8(char32_t c, std::string& out) {
  if (c < 0x80) {
    out += static_cast<char>(c);
    return;
  }
  const auto low = [&](unsigned shift) { return static_cast<char>(0x80 | (c >> shift & 0x3f)); };
  if (c < 0x800) {
    out += static_cast<char>(0xc0 | c >> 6);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | c >> 12);
    out += low(6);
  } else {
    out += static_cast<char>(0xf0 | c >> 18);
    out += low(12);
    out += low(6);
  }
  out += low(0);
}

bool contains(View set, char32_t c) {
  return set.find(c) != View::npos;
}

// \w of Python's re: letters, numbers and the underscore.
bool is_word_char(char32_t c) {
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  return (U_GET_GC_MASK(static_cast<UChar32>(c)) & (U_GC_L_MASK | U_GC_N_MASK)) != 0;
}

bool word_char_at(View text, std::size_t at) {
  return at < text.size() && is_word_char(text[at]);
}

// \w of the regex package, which nltk uses for all steps but contractions: UTS #18's word characters.
bool is_regex_word_char(View text, std::size_t at) {
  if (at >= text.size()) return false;
  const char32_t c = text[at];
  if (c < 0x80) return is_word_char(c);
  const std::uint32_t mask = U_GET_GC_MASK(static_cast<UChar32>(c));
  return (mask & (U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK)) != 0 || c == 0x200c || c == 0x200d ||
         u_isUAlphabetic(static_cast<UChar32>(c)) != 0;
}

// \d: decimal digits of any script.
bool is_digit(char32_t c) {
  return c < 0x80 ? c >= '0' && c <= '9' : u_charType(static_cast<UChar32>(c)) == U_DECIMAL_DIGIT_NUMBER;
}

// Case as re.IGNORECASE sees it for the letters that the expressions use.
char32_t folded(char32_t c) {
  if (c >= 'A' && c <= 'Z') return c + ('a' - 'A');
  if (c == 0x17f) return 's';                // long s
  if (c == 0x130 || c == 0x131) return 'i';  // i with a dot, i without
  return c;
}

bool matches(View text, std::size_t at, View lower_case) {
  if (at > text.size() || text.size() - at < lower_case.size()) return false;
  return std::equal(lower_case.begin(), lower_case.end(), text.begin() + static_cast<std::ptrdiff_t>(at),
                    [](char32_t a, char32_t b) { return a == folded(b); });
}

// Left to right without overlap: `step(text, at, out)` appends a substitution and gives how many characters
// it stands for, 0 where nothing matches.
template <typename Step>
Text substituted(const Text& text, Step step) {
  Text out;
  out.reserve(text.size() + text.size() / 4 + 16);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t used = step(View(text), at, out);
    if (used == 0) out += text[at];
    at += std::max<std::size_t>(used, 1);
  }
  return out;
}

std::size_t padded(View piece, Text& out) {
  out += U' ';
  out += piece;
  out += U' ';
  return piece.size();
}

// [set] -> " \0 "
Text pad_all(const Text& text, View set) {
  if (text.find_first_of(set) == Text::npos) return text;
  return substituted(text, [&](View s, std::size_t at, Text& out) -> std::size_t {
    return contains(set, s[at]) ? padded(s.substr(at, 1), out) : 0;
  });
}

// piece -> " replacement "
Text pad_piece(const Text& text, View piece, View replacement) {
  if (text.find(piece) == Text::npos) return text;
  return substituted(text, [&](View s, std::size_t at, Text& out) -> std::size_t {
    if (!s.substr(at).starts_with(piece)) return 0;
    padded(replacement, out);
    return piece.size();
  });
}

std::size_t run_length(View text, std::size_t at, char32_t c) {
  std::size_t end = at;
  while (end < text.size() && text[end] == c) ++end;
  return end - at;
}

// ([«“‘„]|[`]+) -> " \1 ", then a quote at the very start becomes ``, then "``" -> " `` ".
Text pad_opening_quotes(const Text& text) {
  Text out = substituted(text, [](View s, std::size_t at, Text& o) -> std::size_t {
    if (contains(U"\u00ab\u201c\u2018\u201e", s[at])) return padded(s.substr(at, 1), o);
    return s[at] == '`' ? padded(s.substr(at, run_length(s, at, '`')), o) : 0;
  });
  if (out.starts_with(U'"')) out.replace(0, 1, U"``");
  return pad_piece(out, U"``", U"``");
}

// ([ \(\[{<])("|'{2}) -> "\1 `` "
Text open_quotes_after_brackets(const Text& text) {
  return substituted(text, [](View s, std::size_t at, Text& out) -> std::size_t {
    if (!contains(U" ([{<", s[at])) return 0;
    const View rest = s.substr(at + 1);
    const std::size_t quote = rest.starts_with(U'"') ? 1 : rest.starts_with(U"''") ? 2 : 0;
    if (quote == 0) return 0;
    out += s[at];
    out += U" `` ";
    return 1 + quote;
  });
}

// (?i)(?<!\w)(')(?!(?:re|ve|ll|m|t|s|d|n)\b)(?=\w) -> "\1 "
Text split_opening_apostrophes(const Text& text) {
  if (text.find(U'\'') == Text::npos) return text;
  constexpr std::array<View, 8> kClitics{U"re", U"ve", U"ll", U"m", U"t", U"s", U"d", U"n"};
  return substituted(text, [&](View s, std::size_t at, Text& out) -> std::size_t {
    if (s[at] != '\'' || (at > 0 && is_regex_word_char(s, at - 1)) || !is_regex_word_char(s, at + 1))
      return 0;
    for (const View clitic : kClitics) {
      if (matches(s, at + 1, clitic) && !is_regex_word_char(s, at + 1 + clitic.size())) return 0;
    }
    out += U"' ";
    return 1;
  });
}

// ([^.])(\.)([closers]*)\s*$ : a full stop at the end, behind it only closing marks, comes off.
Text split_final_stop(const Text& text, View closers, View behind_stop) {
  for (std::size_t stop = 1; stop < text.size(); ++stop) {
    if (text[stop] != '.' || text[stop - 1] == '.') continue;
    std::size_t end = stop + 1;
    while (end < text.size() && contains(closers, text[end])) ++end;
    std::size_t rest = end;
    while (rest < text.size() && is_space(text[rest])) ++rest;
    if (rest < text.size()) continue;
    Text out = text.substr(0, stop);
    out += U" .";
    out += behind_stop;
    out.append(text, stop + 1, end - stop - 1);
    out += U' ';
    return out;
  }
  return text;
}

// ([:,])([^\d]) -> " \1 \2", then ([:,])$ -> " \1 "
Text split_colons_and_commas(const Text& text) {
  const Text inside = substituted(text, [](View s, std::size_t at, Text& out) -> std::size_t {
    if (!contains(U":,", s[at]) || at + 1 == s.size() || is_digit(s[at + 1])) return 0;
    padded(s.substr(at, 1), out);
    out += s[at + 1];
    return 2;
  });
  return substituted(inside, [](View s, std::size_t at, Text& out) -> std::size_t {
    const View rest = s.substr(at + 1);
    return contains(U":,", s[at]) && (rest.empty() || rest == U"\n") ? padded(s.substr(at, 1), out) : 0;
  });
}

// \.{2,} -> " \0 "
Text pad_ellipses(const Text& text) {
  return substituted(text, [](View s, std::size_t at, Text& out) -> std::size_t {
    const std::size_t dots = run_length(s, at, '.');
    return dots >= 2 ? padded(s.substr(at, dots), out) : 0;
  });
}

// ([^'])' -> "\1 ' " before a blank
Text split_closing_apostrophes(const Text& text) {
  if (text.find(U'\'') == Text::npos) return text;
  return substituted(text, [](View s, std::size_t at, Text& out) -> std::size_t {
    if (s[at] == '\'' || s.substr(at + 1, 2) != U"' ") return 0;
    out += s[at];
    out += U" ' ";
    return 3;
  });
}

// \s+ -> " "
Text single_blanks(const Text& text) {
  Text out;
  for (const char32_t c : text) {
    const bool space = is_space(c);
    if (!space || out.empty() || out.back() != ' ') out += space ? U' ' : c;
  }
  return out;
}

// ([^' ])(ending) -> "\1 \2 " before a blank; the first ending that fits counts.
Text split_endings(const Text& text, std::span<const View> endings) {
  if (text.find(U'\'') == Text::npos) return text;
  return substituted(text, [&](View s, std::size_t at, Text& out) -> std::size_t {
    if (s[at] == '\'' || s[at] == ' ') return 0;
    const View rest = s.substr(at + 1);
    for (const View ending : endings) {
      if (!rest.starts_with(ending) || !rest.substr(ending.size()).starts_with(U' ')) continue;
      out += s[at];
      padded(ending, out);
      return ending.size() + 2;
    }
    return 0;
  });
}

struct Contraction {
  View first, second;
  bool blank_behind = false;  // only before white space
};

// (?i)\b(can)(not)\b and its like -> " \1 \2 "
Text split_contractions(const Text& text) {
  constexpr std::array<Contraction, 8> kContractions{{{U"can", U"not"},
                                                      {U"d", U"'ye"},
                                                      {U"gim", U"me"},
                                                      {U"gon", U"na"},
                                                      {U"got", U"ta"},
                                                      {U"lem", U"me"},
                                                      {U"more", U"'n"},
                                                      {U"wan", U"na", true}}};
  return substituted(text, [&](View s, std::size_t at, Text& out) -> std::size_t {
    if (at > 0 && is_word_char(s[at - 1])) return 0;
    for (const Contraction& word : kContractions) {
      const std::size_t middle = at + word.first.size();
      const std::size_t end = middle + word.second.size();
      if (!matches(s, at, word.first) || !matches(s, middle, word.second) || word_char_at(s, end)) continue;
      if (word.blank_behind && (end >= s.size() || !is_space(s[end]))) continue;
      padded(s.substr(at, word.first.size()), out);
      out += s.substr(middle, word.second.size());
      out += U' ';
      return end - at;
    }
    return 0;
  });
}

// (?i) ('t)(is|was)\b -> " \1 \2 "
Text split_tis(const Text& text, View verb) {
  if (text.find(U'\'') == Text::npos) return text;
  return substituted(text, [&](View s, std::size_t at, Text& out) -> std::size_t {
    const std::size_t end = at + 3 + verb.size();
    if (s[at] != ' ' || !matches(s, at + 1, U"'t") || !matches(s, at + 3, verb) || word_char_at(s, end))
      return 0;
    padded(s.substr(at + 1, 2), out);
    out += s.substr(at + 3, verb.size());
    out += U' ';
    return end - at;
  });
}

}  // namespace

std::vector<std::string> nltk_words(std::string_view utf8) {
  constexpr std::array<View, 7> kShortEndings{U"'s", U"'S", U"'m", U"'M", U"'d", U"'D", U"'"};
  constexpr std::array<View, 8> kLongEndings{U"'ll", U"'LL", U"'re", U"'RE", U"'ve", U"'VE", U"n't", U"N'T"};
  Text text = split_opening_apostrophes(open_quotes_after_brackets(pad_opening_quotes(decoded(utf8))));

  text = split_final_stop(text, U"])}>\"'\u00bb\u201d\u2019 ", U" ");
  text = pad_ellipses(split_colons_and_commas(text));
  text = pad_all(text, U";@#$%&\u2012\u2013\u2014\u2015");
  text = split_final_stop(text, U"])}>\"'", U"");
  text = pad_all(split_closing_apostrophes(pad_all(text, U"?!")), U"*][(){}<>");
  text = pad_piece(text, U"--", U"--");
  text.insert(text.begin(), U' ');
  text += U' ';

  text = pad_piece(pad_all(text, U"\u00bb\u201d\u2019"), U"''", U"''");
  text = single_blanks(pad_piece(text, U"\"", U"''"));
  text = split_endings(split_endings(text, kShortEndings), kLongEndings);
  text = split_tis(split_tis(split_contractions(text), U"is"), U"was");

  std::string joined;
  joined.reserve(text.size());
  for (const char32_t c : text) append_utf8(c, joined);
  return split_words(joined);
}

namespace {

// Null when ICU has no data for it.
std::unique_ptr<icu::BreakIterator> english_sentences() {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Locale english("en");
  std::unique_ptr<icu::BreakIterator> plain(icu::BreakIterator::createSentenceInstance(english, status));
  const std::unique_ptr<icu::FilteredBreakIteratorBuilder> builder(
      icu::FilteredBreakIteratorBuilder::createInstance(english, status));
  if (U_FAILURE(status)) return nullptr;
  for (const char* title : {"Mr.", "Mrs.", "Ms.", "Dr.", "Prof.", "St.", "e.g.", "i.e.", "vs."}) {
    builder->suppressBreakAfter(icu::UnicodeString(title), status);
  }
  std::unique_ptr<icu::BreakIterator> filtered(builder->wrapIteratorWithFilter(plain.release(), status));
  return U_SUCCESS(status) ? std::move(filtered) : nullptr;
}

icu::UnicodeString on_one_line(std::string_view text) {
  icu::UnicodeString line;
  for (const std::string& word : split_words(text)) {
    if (!line.isEmpty()) line.append(static_cast<UChar>(' '));
    line.append(icu::UnicodeString::fromUTF8(word));
  }
  return line;
}

bool has_letter_or_digit(const icu::UnicodeString& text) {
  for (std::int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    if (u_isalnum(text.char32At(i))) return true;
  }
  return false;
}

// Whether all cased characters have `wanted`, and there is one.
bool all_cased(std::string_view text, UProperty wanted, UProperty other) {
  bool found = false;
  for (std::size_t at = 0; at < text.size();) {
    const auto c = static_cast<UChar32>(next_code_point(text, at));
    if (u_hasBinaryProperty(c, other) || u_istitle(c)) return false;
    found = found || u_hasBinaryProperty(c, wanted);
  }
  return found;
}

}  // namespace

std::int64_t count_sentences(std::string_view text) {
  const icu::UnicodeString line = on_one_line(text);
  const auto boundaries = english_sentences();
  if (!boundaries) return 0;
  boundaries->setText(line);
  std::int64_t count = 0;
  std::int32_t start = boundaries->first();
  for (std::int32_t end = boundaries->next(); end != icu::BreakIterator::DONE; end = boundaries->next()) {
    if (has_letter_or_digit(line.tempSubStringBetween(start, end))) ++count;
    start = end;
  }
  return count;
}

bool is_upper(std::string_view text) {
  return all_cased(text, UCHAR_UPPERCASE, UCHAR_LOWERCASE);
}

bool is_lower(std::string_view text) {
  return all_cased(text, UCHAR_LOWERCASE, UCHAR_UPPERCASE);
}

}  // namespace bantam::score
