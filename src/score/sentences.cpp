#include "score/sentences.hpp"

#include <unicode/brkiter.h>
#include <unicode/filteredbrk.h>
#include <unicode/locid.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <memory>

#include "score/python_text.hpp"

namespace bantam::score {
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
