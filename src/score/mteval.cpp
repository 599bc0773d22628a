#include "score/mteval.hpp"

#include <unicode/uchar.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/text.hpp"
#include "score/python_text.hpp"

namespace bantam::score {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_stop(char c) {
  return c == '.' || c == ',';
}

constexpr std::array<bool, 256> padded_bytes() {
  std::array<bool, 256> padded{};
  for (const char c : std::string_view("{|}~[\\]^_` !\"#$%&()*+:;<=>?@/"))
    padded[static_cast<unsigned char>(c)] = true;
  return padded;
}

// ([^0-9])([.,]) -> "\1 \2 ", from left to right without overlap. A character outside ASCII is only looked at
// by its last byte, which comes to the same.
std::string split_stops_before(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 32);
  for (std::size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    if (is_digit(text[i]) || i + 1 == text.size() || !is_stop(text[i + 1])) continue;
    out += ' ';
    out += text[++i];
    out += ' ';
  }
  return out;
}

// ([.,])([^0-9]) -> " \1 \2"
std::string split_stops_after(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 32);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_stop(text[i]) || i + 1 == text.size() || is_digit(text[i + 1])) {
      out += text[i];
      continue;
    }
    out += ' ';
    out += text[i];
    out += ' ';
    out += text[++i];
  }
  return out;
}

// ([0-9])(-) -> "\1 \2 "
std::string split_dashes(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 8);
  for (std::size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    if (!is_digit(text[i]) || i + 1 == text.size() || text[i + 1] != '-') continue;
    out += ' ';
    out += text[++i];
    out += ' ';
  }
  return out;
}

enum class Class : std::uint8_t { other, number, punctuation, symbol };

Class class_of(char32_t c) {
  const std::uint32_t mask = U_GET_GC_MASK(static_cast<UChar32>(c));
  if ((mask & U_GC_N_MASK) != 0) return Class::number;
  if ((mask & U_GC_P_MASK) != 0) return Class::punctuation;
  if ((mask & U_GC_S_MASK) != 0) return Class::symbol;
  return Class::other;
}

// class_of() for ASCII, by character.
constexpr std::array<Class, 128> ascii_classes() {
  std::array<Class, 128> classes{};
  for (const char c : std::string_view("0123456789")) classes[static_cast<std::size_t>(c)] = Class::number;
  for (const char c : std::string_view("$+<=>^`|~")) classes[static_cast<std::size_t>(c)] = Class::symbol;
  for (const char c : std::string_view("!\"#%&'()*,-./:;?@[\\]_{}")) {
    classes[static_cast<std::size_t>(c)] = Class::punctuation;
  }
  return classes;
}

// A character: its bytes in the line and its class. An empty one is a blank put in.
struct Letter {
  std::uint32_t start = 0;
  std::uint32_t length = 0;
  Class kind = Class::other;
};

std::vector<Letter> letters_of(std::string_view line) {
  static constexpr std::array<Class, 128> kAscii = ascii_classes();
  std::vector<Letter> letters;
  letters.reserve(line.size());
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t start = at;
    const char32_t c = next_code_point(line, at);
    letters.push_back({static_cast<std::uint32_t>(start), static_cast<std::uint32_t>(at - start),
                       c < kAscii.size() ? kAscii[c] : class_of(c)});
  }
  return letters;
}

// (\P{N})(\p{P}) -> "\1 \2 "
std::vector<Letter> split_punctuation_before(const std::vector<Letter>& letters) {
  std::vector<Letter> out;
  out.reserve(letters.size() + 32);
  for (std::size_t i = 0; i < letters.size(); ++i) {
    out.push_back(letters[i]);
    const bool last = i + 1 == letters.size();
    if (last || letters[i].kind == Class::number || letters[i + 1].kind != Class::punctuation) continue;
    out.push_back(Letter{});
    out.push_back(letters[++i]);
    out.push_back(Letter{});
  }
  return out;
}

// (\p{P})(\P{N}) -> " \1 \2"
std::vector<Letter> split_punctuation_after(const std::vector<Letter>& letters) {
  std::vector<Letter> out;
  out.reserve(letters.size() + 32);
  for (std::size_t i = 0; i < letters.size(); ++i) {
    const bool last = i + 1 == letters.size();
    if (last || letters[i].kind != Class::punctuation || letters[i + 1].kind == Class::number) {
      out.push_back(letters[i]);
      continue;
    }
    out.push_back(Letter{});
    out.push_back(letters[i]);
    out.push_back(Letter{});
    out.push_back(letters[++i]);
  }
  return out;
}

}  // namespace

std::string resolve_entities(std::string text) {
  if (text.find('&') == std::string::npos) return text;
  text = base::replace_all(std::move(text), "&quot;", "\"");
  text = base::replace_all(std::move(text), "&amp;", "&");
  text = base::replace_all(std::move(text), "&lt;", "<");
  return base::replace_all(std::move(text), "&gt;", ">");
}

std::string pad_punctuation(std::string_view text) {
  static constexpr std::array<bool, 256> kPadded = padded_bytes();
  std::string out;
  out.reserve(text.size() + text.size() / 4 + 32);
  for (const char c : text) {
    if (!kPadded[static_cast<unsigned char>(c)]) {
      out += c;
      continue;
    }
    out += ' ';
    out += c;
    out += ' ';
  }
  return out;
}

std::string split_at_numbers(std::string text) {
  return split_dashes(split_stops_after(split_stops_before(text)));
}

std::string mteval_13a(std::string_view line) {
  std::string text = " ";
  text += line;
  if (text.find('<') != std::string::npos) text = base::replace_all(std::move(text), "<skipped>", "");
  if (text.find('\n') != std::string::npos) {
    text = base::replace_all(std::move(text), "-\n", "");
    std::replace(text.begin(), text.end(), '\n', ' ');
  }
  text = resolve_entities(std::move(text));
  text += ' ';
  return split_at_numbers(pad_punctuation(text));
}

std::string mteval_international(std::string_view line) {
  std::string out;
  out.reserve(2 * line.size());
  for (const Letter& letter : split_punctuation_after(split_punctuation_before(letters_of(line)))) {
    const bool symbol = letter.kind == Class::symbol;
    if (symbol || letter.length == 0) out += ' ';
    out += line.substr(letter.start, letter.length);
    if (symbol) out += ' ';
  }
  return out;
}

}  // namespace bantam::score
