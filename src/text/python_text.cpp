#include "text/python_text.hpp"

#include <unicode/locid.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <optional>

#include "text/unicode.hpp"

namespace bantam::text {
namespace {

icu::UnicodeString wide(std::string_view utf8) {
  return icu::UnicodeString::fromUTF8(icu::StringPiece(utf8.data(), static_cast<std::int32_t>(utf8.size())));
}

std::string narrow(const icu::UnicodeString& text) {
  std::string utf8;
  return text.toUTF8String(utf8);
}

template <typename Keep>
std::string filtered(std::string_view text, Keep keep) {
  std::string kept;
  std::copy_if(text.begin(), text.end(), std::back_inserter(kept), keep);
  return kept;
}

}  // namespace

char32_t next_code_point(std::string_view utf8, std::size_t& at) {
  if (static_cast<std::uint8_t>(utf8[at]) < 0x80) return static_cast<char32_t>(utf8[at++]);
  auto index = static_cast<std::int32_t>(at);
  const auto length = static_cast<std::int32_t>(utf8.size());
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(utf8.data());
  UChar32 c = 0;
  U8_NEXT(bytes, index, length, c);
  at = static_cast<std::size_t>(index);
  return c < 0 ? U'\uFFFD' : static_cast<char32_t>(c);
}

bool is_space(char32_t c) {
  if (c < 0x80) return (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x20);
  constexpr std::array<char32_t, 8> kOthers{0x85, 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000};
  return (c >= 0x2000 && c <= 0x200a) || std::find(kOthers.begin(), kOthers.end(), c) != kOthers.end();
}

std::string_view strip_end(std::string_view utf8) {
  const auto is_continuation = [](char byte) { return (static_cast<std::uint8_t>(byte) & 0xc0) == 0x80; };
  std::size_t end = utf8.size();
  while (end > 0) {
    std::size_t start = end - 1;
    while (start > 0 && end - start < 4 && is_continuation(utf8[start])) --start;
    std::size_t behind = start;
    if (!is_space(next_code_point(utf8, behind)) || behind != end) break;
    end = start;
  }
  return utf8.substr(0, end);
}

std::string_view strip(std::string_view utf8) {
  std::size_t start = 0;
  for (std::size_t at = 0; at < utf8.size() && is_space(next_code_point(utf8, at));) start = at;
  return strip_end(utf8.substr(start));
}

bool starts_with_space(std::string_view utf8) {
  std::size_t at = 0;
  return !utf8.empty() && is_space(next_code_point(utf8, at));
}

bool ends_with_space(std::string_view utf8) {
  return strip_end(utf8).size() != utf8.size();
}

std::string lower(std::string_view utf8) {
  std::string lowered(utf8);
  bool ascii = true;
  for (char& c : lowered) {
    ascii = ascii && static_cast<std::uint8_t>(c) < 0x80;
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  if (ascii) return lowered;
  return narrow(wide(utf8).toLower(icu::Locale::getRoot()));
}

std::string upper(std::string_view utf8) {
  return narrow(wide(utf8).toUpper(icu::Locale::getRoot()));
}

std::string capitalize(std::string_view utf8) {
  if (utf8.empty()) return {};
  std::size_t first = 0;
  std::string title = to_utf8(title_of(next_code_point(utf8, first)));
  // The whole is lowered, for a final sigma behind the first letter.
  return title + lower(utf8).substr(lower(utf8.substr(0, first)).size());
}

std::vector<std::string> split_words(std::string_view utf8) {
  std::vector<std::string> words;
  std::optional<std::size_t> start;
  for (std::size_t at = 0; at < utf8.size();) {
    const std::size_t here = at;
    const bool space = is_space(next_code_point(utf8, at));
    if (!space && !start) start = here;
    if (space && start) {
      words.emplace_back(utf8.substr(*start, here - *start));
      start.reset();
    }
  }
  if (start) words.emplace_back(utf8.substr(*start));
  return words;
}

std::int64_t count_split_pieces(std::string_view utf8) {
  std::int64_t pieces = 1;
  bool in_run = false;
  for (std::size_t at = 0; at < utf8.size();) {
    const bool space = is_space(next_code_point(utf8, at));
    if (space && !in_run) ++pieces;
    in_run = space;
  }
  return pieces;
}

bool is_ascii_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string without_punctuation(std::string_view text) {
  constexpr std::string_view kPunctuation = R"(!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~)";
  return filtered(text, [&](char c) { return kPunctuation.find(c) == std::string_view::npos; });
}

std::string without_digits(std::string_view text) {
  return filtered(text, [](char c) { return c < '0' || c > '9'; });
}

}  // namespace bantam::text
