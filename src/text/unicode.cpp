#include "text/unicode.hpp"

#include <unicode/casemap.h>
#include <unicode/locid.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include "text/python_text.hpp"

namespace bantam::text {
namespace {

UChar32 wide(char32_t c) {
  return static_cast<UChar32>(c);
}

std::u32string points_of(const icu::UnicodeString& text) {
  std::u32string points;
  for (std::int32_t at = 0; at < text.length(); at = text.moveIndex32(at, 1)) {
    points += static_cast<char32_t>(text.char32At(at));
  }
  return points;
}

int numeric_type(char32_t c) {
  return u_getIntPropertyValue(wide(c), UCHAR_NUMERIC_TYPE);
}

}  // namespace

std::u32string to_utf32(std::string_view utf8) {
  std::u32string points;
  points.reserve(utf8.size());
  for (std::size_t at = 0; at < utf8.size();) points += next_code_point(utf8, at);
  return points;
}

void append_utf8(char32_t c, std::string& utf8) {
  if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) c = U'\uFFFD';
  const auto put = [&](char32_t byte) { utf8 += static_cast<char>(static_cast<unsigned char>(byte)); };
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

std::string to_utf8(std::u32string_view text) {
  std::string utf8;
  utf8.reserve(text.size());
  for (const char32_t c : text) append_utf8(c, utf8);
  return utf8;
}

bool is_decimal(char32_t c) {
  return c < 0x80 ? c >= '0' && c <= '9' : numeric_type(c) == U_NT_DECIMAL;
}

bool is_digit(char32_t c) {
  if (c < 0x80) return c >= '0' && c <= '9';
  const int type = numeric_type(c);
  return type == U_NT_DECIMAL || type == U_NT_DIGIT;
}

bool is_numeric(char32_t c) {
  return c < 0x80 ? c >= '0' && c <= '9' : numeric_type(c) != U_NT_NONE;
}

bool is_alpha(char32_t c) {
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return (U_GET_GC_MASK(wide(c)) & U_GC_L_MASK) != 0;
}

bool is_alnum(char32_t c) {
  return is_alpha(c) || is_numeric(c);
}

bool is_printable(char32_t c) {
  if (c < 0x80) return c >= 0x20 && c != 0x7F;
  constexpr std::uint32_t kHidden = U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CS_MASK | U_GC_CO_MASK | U_GC_CN_MASK |
                                    U_GC_ZL_MASK | U_GC_ZP_MASK | U_GC_ZS_MASK;
  return (U_GET_GC_MASK(wide(c)) & kHidden) == 0;
}

bool is_upper(char32_t c) {
  return c < 0x80 ? c >= 'A' && c <= 'Z' : u_hasBinaryProperty(wide(c), UCHAR_UPPERCASE) != 0;
}

bool is_lower(char32_t c) {
  return c < 0x80 ? c >= 'a' && c <= 'z' : u_hasBinaryProperty(wide(c), UCHAR_LOWERCASE) != 0;
}

bool is_title(char32_t c) {
  return c >= 0x80 && u_charType(wide(c)) == U_TITLECASE_LETTER;
}

bool is_cased(char32_t c) {
  return is_upper(c) || is_lower(c) || is_title(c);
}

bool is_case_ignorable(char32_t c) {
  return u_hasBinaryProperty(wide(c), UCHAR_CASE_IGNORABLE) != 0;
}

bool is_identifier_start(char32_t c) {
  if (c < 0x80) return is_alpha(c) || c == '_';
  return u_hasBinaryProperty(wide(c), UCHAR_XID_START) != 0;
}

bool is_identifier_part(char32_t c) {
  if (c < 0x80) return is_alnum(c) || c == '_';
  return u_hasBinaryProperty(wide(c), UCHAR_XID_CONTINUE) != 0;
}

bool is_line_break(char32_t c) {
  return (c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

int decimal_value(char32_t c) {
  if (c < 0x80) return c >= '0' && c <= '9' ? static_cast<int>(c - '0') : -1;
  return is_decimal(c) ? u_charDigitValue(wide(c)) : -1;
}

std::u32string lower_of(char32_t c) {
  if (c < 0x80) return std::u32string(1, c >= 'A' && c <= 'Z' ? c + 32 : c);
  if (c == 0x3A3) return U"\u03C3";
  return points_of(icu::UnicodeString(wide(c)).toLower(icu::Locale::getRoot()));
}

std::u32string upper_of(char32_t c) {
  if (c < 0x80) return std::u32string(1, c >= 'a' && c <= 'z' ? c - 32 : c);
  return points_of(icu::UnicodeString(wide(c)).toUpper(icu::Locale::getRoot()));
}

std::u32string title_of(char32_t c) {
  if (c < 0x80) return upper_of(c);
  const icu::UnicodeString one(wide(c));
  constexpr std::uint32_t kOptions = U_TITLECASE_WHOLE_STRING | U_TITLECASE_NO_BREAK_ADJUSTMENT;
  char16_t made[8];
  UErrorCode status = U_ZERO_ERROR;
  const std::int32_t length =
      icu::CaseMap::toTitle("", kOptions, nullptr, one.getBuffer(), one.length(), made, 8, nullptr, status);
  if (U_FAILURE(status) || length > 8) return std::u32string(1, c);
  return points_of(icu::UnicodeString(made, length));
}

std::u32string fold_of(char32_t c) {
  if (c < 0x80) return lower_of(c);
  return points_of(icu::UnicodeString(wide(c)).foldCase(U_FOLD_CASE_DEFAULT));
}

}  // namespace bantam::text
