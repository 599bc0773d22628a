#include "hub/rows_utf8.hpp"

#include <unicode/utf8.h>

#include <charconv>
#include <cstdint>
#include <optional>

namespace bantam::hub {
namespace {

// The code unit of a \uXXXX escape at `at`; absent when there is none.
std::optional<unsigned> escaped_unit(std::string_view json, std::size_t at) {
  if (at + 6 > json.size() || json[at] != '\\' || json[at + 1] != 'u') return std::nullopt;
  unsigned unit = 0;
  const char* first = json.data() + at + 2;
  const auto [end, error] = std::from_chars(first, first + 4, unit, 16);
  if (error != std::errc{} || end != first + 4) return std::nullopt;
  return unit;
}

bool is_high(unsigned unit) {
  return unit >= 0xD800 && unit <= 0xDBFF;
}
bool is_low(unsigned unit) {
  return unit >= 0xDC00 && unit <= 0xDFFF;
}

}  // namespace

std::string valid_utf8(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::string out;
  out.reserve(text.size());
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto length = static_cast<std::int64_t>(text.size());
  for (std::int64_t at = 0; at < length;) {
    const std::int64_t start = at;
    UChar32 c = 0;
    U8_NEXT(bytes, at, length, c);
    if (c < 0) {
      out += "\xEF\xBF\xBD";
    } else {
      out += text.substr(static_cast<std::size_t>(start), static_cast<std::size_t>(at - start));
    }
  }
  return out;
}

std::string with_paired_surrogates(std::string_view json) {
  std::string out(json);
  for (std::size_t at = out.find('\\'); at != std::string::npos; at = out.find('\\', at)) {
    const auto unit = escaped_unit(out, at);
    if (!unit) {
      at += 2;  // another escape: a backslash and one character
    } else if (is_high(*unit)) {
      const auto next = escaped_unit(out, at + 6);
      const bool paired = next && is_low(*next);
      if (!paired) out.replace(at + 2, 4, "fffd");
      at += paired ? 12 : 6;
    } else {
      if (is_low(*unit)) out.replace(at + 2, 4, "fffd");
      at += 6;
    }
  }
  return out;
}

}  // namespace bantam::hub
