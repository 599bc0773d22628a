#pragma once
// Code points as Python's str sees them: properties, case, UTF-8 to UTF-32 and back. Knows nothing of
// locales.

#include <string>
#include <string_view>

namespace bantam::text {

// Invalid byte sequences become U+FFFD.
std::u32string to_utf32(std::string_view utf8);
// Surrogates and numbers beyond U+10FFFF become U+FFFD.
std::string to_utf8(std::u32string_view text);
void append_utf8(char32_t c, std::string& utf8);

// str.isdecimal(), isdigit(), isnumeric(), isalpha(), isalnum(), isprintable() of one code point.
bool is_decimal(char32_t c);
bool is_digit(char32_t c);
bool is_numeric(char32_t c);
bool is_alpha(char32_t c);
bool is_alnum(char32_t c);
bool is_printable(char32_t c);
bool is_upper(char32_t c);
bool is_lower(char32_t c);
bool is_title(char32_t c);
bool is_cased(char32_t c);
bool is_case_ignorable(char32_t c);
bool is_identifier_start(char32_t c);
bool is_identifier_part(char32_t c);
// A line boundary of str.splitlines().
bool is_line_break(char32_t c);
// The value of a decimal digit; -1 for anything else.
int decimal_value(char32_t c);

// The full mapping of one code point without context: one to three code points. `lower` of U+03A3 is U+03C3.
std::u32string lower_of(char32_t c);
std::u32string upper_of(char32_t c);
std::u32string title_of(char32_t c);
std::u32string fold_of(char32_t c);

}  // namespace bantam::text
