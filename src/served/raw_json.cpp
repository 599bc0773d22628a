#include "served/raw_json.hpp"

#include <fmt/format.h>
#include <unicode/utf8.h>

#include <cstdint>
#include <optional>
#include <utility>

namespace bantam::served {
namespace {

// U+10FE80 to U+10FEFF stand for the bytes 0x80 to 0xFF: private use, which no text has a use for.
constexpr std::string_view kMarkLead = "\xF4\x8F";
constexpr std::size_t kMarkBytes = 4;
constexpr int kSixBits = 0x3F;
constexpr int kFirstMark = 0xE80;  // the last twelve bits
constexpr int kLastMark = 0xEFF;

std::string mark_of(unsigned char byte) {
  std::string mark(kMarkLead);
  mark += static_cast<char>(0x80 | (((0xFE00U | byte) >> 6) & kSixBits));
  mark += static_cast<char>(0x80 | (byte & kSixBits));
  return mark;
}

// The byte that a mark at the beginning stands for.
std::optional<char> byte_of(std::string_view text) {
  if (!text.starts_with(kMarkLead) || text.size() < kMarkBytes) return std::nullopt;
  const auto low = [&](std::size_t at) { return static_cast<unsigned char>(text[at]) & kSixBits; };
  const int value = (low(2) << 6) | low(3);
  if (value < kFirstMark || value > kLastMark) return std::nullopt;
  return static_cast<char>(value & 0xFF);
}

bool has_mark(std::string_view text) {
  for (auto at = text.find(kMarkLead); at != std::string_view::npos; at = text.find(kMarkLead, at + 1))
    if (byte_of(text.substr(at))) return true;
  // As escapes: U+10FE80 and above are \udbff\ude80 and above.
  const std::string_view escape = "\\udbff\\ude";
  for (auto at = text.find('\\'); at != std::string_view::npos; at = text.find('\\', at + 1)) {
    const std::string_view part = text.substr(at, escape.size());
    bool same = part.size() == escape.size();
    for (std::size_t i = 0; same && i < part.size(); ++i) {
      const char c = part[i];
      same = escape[i] == (c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
    }
    if (same) return true;
  }
  return false;
}

struct Marked {
  std::string text;
  bool has_marks = false;
};

Marked marked(std::string_view text) {
  Marked marked;
  marked.text.reserve(text.size());
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto length = static_cast<std::int64_t>(text.size());
  for (std::int64_t at = 0; at < length;) {
    const std::int64_t begin = at;
    UChar32 c = 0;
    U8_NEXT(bytes, at, length, c);
    if (c >= 0) {
      marked.text += text.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(at - begin));
      continue;
    }
    marked.has_marks = true;
    for (std::int64_t i = begin; i < at; ++i) marked.text += mark_of(bytes[i]);
  }
  return marked;
}

}  // namespace

base::Result<RawJson> parse_raw_json(std::string_view text, std::string_view what) {
  const Marked whole = marked(text);
  if (whole.has_marks && has_mark(text)) {
    return base::fail(base::ErrorKind::bad_input,
                      fmt::format("{}: broken characters beside U+10FE80 to U+10FEFF", what));
  }
  TRY_ASSIGN(base::Json json, base::parse_json(whole.text, what));
  return RawJson{std::move(json), whole.has_marks};
}

std::string RawJson::bytes_of(std::string_view text) const {
  if (!has_marks) return std::string(text);
  std::string bytes;
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = byte_of(text.substr(at));
    bytes += byte ? *byte : text[at];
    at += byte ? kMarkBytes : 1;
  }
  return bytes;
}

}  // namespace bantam::served
