#include "base/text.hpp"

#include <fmt/format.h>
#include <unicode/uchar.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>
#include <algorithm>
#include <charconv>
#include <utility>

#include "base/hash.hpp"
#include "base/secrets.hpp"

namespace bantam::base {
namespace {

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// Decodes the code point at `at` and moves past it; negative for an invalid byte sequence.
UChar32 next_code_point(std::string_view utf8, std::size_t& at) {
  auto index = static_cast<std::int32_t>(at);
  const auto length = static_cast<std::int32_t>(utf8.size());
  UChar32 c = 0;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(utf8.data());
  U8_NEXT(bytes, index, length, c);
  at = static_cast<std::size_t>(index);
  return c;
}

std::size_t column_count(UChar32 c) {
  if (c < 0) return 1;
  const auto type = u_charType(c);
  if (type == U_NON_SPACING_MARK || type == U_ENCLOSING_MARK || type == U_FORMAT_CHAR) return 0;
  const auto width = u_getIntPropertyValue(c, UCHAR_EAST_ASIAN_WIDTH);
  return width == U_EA_WIDE || width == U_EA_FULLWIDTH ? 2 : 1;
}

// What a reader does not see, and what makes other text look otherwise than it is.
bool is_hidden_mark(UChar32 c) {
  if (c < 0x80) return false;
  switch (u_charType(c)) {
    case U_CONTROL_CHAR:
    case U_FORMAT_CHAR:
    case U_LINE_SEPARATOR:
    case U_PARAGRAPH_SEPARATOR:
      return true;
    default:
      return u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) != 0;
  }
}

std::string braced(UChar32 c) {
  return fmt::format("\\u{{{:x}}}", static_cast<unsigned>(c));
}

std::string in_json(UChar32 c) {
  if (c <= 0xFFFF) return fmt::format("\\u{:04x}", static_cast<unsigned>(c));
  return fmt::format("\\u{:04x}\\u{:04x}", static_cast<unsigned>(U16_LEAD(c)),
                     static_cast<unsigned>(U16_TRAIL(c)));
}

// The text with `shown` of each hidden mark in its place.
std::string with_hidden_marks(std::string_view text, std::string (*shown)(UChar32)) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    const UChar32 c = next_code_point(text, at);
    out += is_hidden_mark(c) ? shown(c) : std::string(text.substr(start, at - start));
  }
  return out;
}

// Letters that are put in, left out, replaced, or swapped with the next one.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(before, above);
    std::swap(above, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
      const bool is_swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (is_swap) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

template <typename Number>
std::optional<Number> parse_whole(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const auto at = text.find(separator);
    parts.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  std::string item;
  for (const char c : text) {
    if (c != ',' && !is_space(c)) {
      item += c;
    } else if (!item.empty()) {
      items.push_back(std::move(item));
      item.clear();
    }
  }
  if (!item.empty()) items.push_back(std::move(item));
  return items;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

std::string ascii_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string replace_all(std::string text, std::string_view from, std::string_view to) {
  if (from.empty()) return text;
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

std::size_t code_points(std::string_view utf8) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < utf8.size(); ++count) next_code_point(utf8, at);
  return count;
}

std::size_t display_width(std::string_view utf8) {
  std::size_t columns = 0;
  for (std::size_t at = 0; at < utf8.size();) columns += column_count(next_code_point(utf8, at));
  return columns;
}

std::string ellipsize(std::string_view utf8, std::size_t columns) {
  if (display_width(utf8) <= columns) return std::string(utf8);
  if (columns == 0) return {};
  std::size_t used = 0;
  std::size_t end = 0;
  while (true) {
    std::size_t next = end;
    const std::size_t width = column_count(next_code_point(utf8, next));
    if (used + width > columns - 1) break;
    used += width;
    end = next;
  }
  return std::string(utf8.substr(0, end)) + "…";
}

std::string printable(std::string_view raw) {
  const std::string text = mask_secrets(raw);
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    const UChar32 c = next_code_point(text, at);
    if (c < 0) {
      out += "\xEF\xBF\xBD";
    } else if (c < 0x20 || c == 0x7F) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
    } else if (is_hidden_mark(c)) {
      out += braced(c);
    } else {
      out += std::string_view(text).substr(start, at - start);
    }
  }
  return out;
}

bool has_hidden_marks(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (is_hidden_mark(next_code_point(text, at))) return true;
  }
  return false;
}

std::string show_hidden_marks(std::string_view text) {
  return with_hidden_marks(text, braced);
}

std::string escape_hidden_marks(std::string_view json) {
  return with_hidden_marks(json, in_json);
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  return parse_whole<std::int64_t>(text);
}

std::optional<double> parse_number(std::string_view text) {
  return parse_whole<double>(text);
}

namespace {

// Lower case, without what separates words: "cnn-dailymail" and "CNN_DailyMail" are alike.
std::string letters_of(std::string_view word) {
  std::string letters = ascii_lower(word);
  std::erase_if(letters, [](char c) { return c == '_' || c == '-' || c == '.' || c == ' '; });
  return letters;
}

// Absent unless one of the words holds the other, which is no mere fragment of it: how many letters more the
// longer one has.
std::optional<std::size_t> letters_more(const std::string& a, const std::string& b) {
  constexpr std::size_t kFewest = 4;
  const auto& [shorter, longer] = std::minmax(
      a, b, [](const std::string& left, const std::string& right) { return left.size() < right.size(); });
  const auto at = longer.find(shorter);
  const bool holds = shorter.size() >= kFewest && at != std::string::npos;
  if (!holds || (at > 0 && 2 * shorter.size() < longer.size())) return std::nullopt;
  return longer.size() - shorter.size();
}

}  // namespace

std::optional<std::string> closest(std::string_view word, const std::vector<std::string>& known) {
  const std::string lower = ascii_lower(word);
  std::size_t best_distance = std::min<std::size_t>(3, lower.size() / 2) + 1;
  std::optional<std::string> best;
  for (const std::string& candidate : known) {
    const std::size_t distance = edit_distance(lower, ascii_lower(candidate));
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  if (best) return best;
  const std::string letters = letters_of(word);
  std::optional<std::size_t> fewest;
  for (const std::string& candidate : known) {
    const auto more = letters_more(letters, letters_of(candidate));
    if (!more || (fewest && *more >= *fewest)) continue;
    fewest = more;
    best = candidate;
  }
  return best;
}

std::string file_name_from(std::string_view name) {
  std::string out;
  const auto length = static_cast<std::int32_t>(std::min<std::size_t>(name.size(), INT32_MAX));
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(name.data());
  for (std::int32_t at = 0; at < length;) {
    const std::int32_t begin = at;
    UChar32 c = 0;
    U8_NEXT(bytes, at, length, c);  // negative where the bytes are no UTF-8
    const bool letter = c >= 0 && (u_isalnum(c) || (U_GET_GC_MASK(c) & U_GC_M_MASK) != 0);
    if (letter || c == '.' || c == '_' || c == '-') {
      out += name.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(at - begin));
    } else {
      out.append(static_cast<std::size_t>(at - begin), '_');
    }
  }
  if (out.empty() || out.front() == '.' || out.front() == '-') out.insert(out.begin(), '_');
  constexpr std::size_t kLongest = 160;  // of the 255 that file systems take; callers add endings
  constexpr std::size_t kHashDigits = 16;
  if (out.size() > kLongest) {
    out.resize(kLongest - kHashDigits - 1);
    out += "_" + sha256(name).substr(0, kHashDigits);
  }
  return out;
}

}  // namespace bantam::base
