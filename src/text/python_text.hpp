#pragma once
// Text operations with the meaning that Python gives them (str.strip, str.lower, re's \s,
// string.punctuation), on UTF-8. Scores that shall equal lm-evaluation-harness depend on them. Knows nothing
// of locales.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bantam::text {

// The code point at `at`, which moves past it; an invalid byte sequence reads as U+FFFD.
char32_t next_code_point(std::string_view utf8, std::size_t& at);
// str.isspace() of one code point.
bool is_space(char32_t code_point);

// str.strip(), str.rstrip().
std::string_view strip(std::string_view utf8);
std::string_view strip_end(std::string_view utf8);
bool starts_with_space(std::string_view utf8);
bool ends_with_space(std::string_view utf8);

// str.lower(), str.upper(), str.capitalize().
std::string lower(std::string_view utf8);
std::string upper(std::string_view utf8);
std::string capitalize(std::string_view utf8);

// str.split(): the words between runs of white space.
std::vector<std::string> split_words(std::string_view utf8);
// len(re.split(r"\s+", text)): one more than the number of runs of white space.
std::int64_t count_split_pieces(std::string_view utf8);

// str.isdigit() restricted to ASCII: not empty, digits only.
bool is_ascii_digits(std::string_view text);

// Without the characters of Python's string.punctuation (the 32 ASCII ones), or without ASCII digits.
std::string without_punctuation(std::string_view text);
std::string without_digits(std::string_view text);

}  // namespace bantam::text
