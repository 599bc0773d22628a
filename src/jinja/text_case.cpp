#include "jinja/text_case.hpp"

#include <algorithm>

#include "text/python_text.hpp"
#include "text/unicode.hpp"

namespace bantam::jinja {
namespace {

void append_marked(Text& out, const Text& mapped, char32_t source) {
  for (const char32_t c : mapped) out += c | (source & kInputMark);
}

// Whether the capital sigma at `at` ends a word.
bool is_final_sigma(TextView text, std::size_t at) {
  std::size_t before = at;
  bool cased = false;
  while (before-- > 0) {
    const char32_t c = plain(text[before]);
    if (text::is_case_ignorable(c)) continue;
    cased = text::is_cased(c);
    break;
  }
  if (!cased) return false;
  for (std::size_t after = at + 1; after < text.size(); ++after) {
    const char32_t c = plain(text[after]);
    if (!text::is_case_ignorable(c)) return !text::is_cased(c);
  }
  return true;
}

void append_lower(Text& out, TextView text, std::size_t at) {
  if (plain(text[at]) == 0x3A3) {
    append_marked(out, is_final_sigma(text, at) ? U"\u03C2" : U"\u03C3", text[at]);
  } else {
    append_marked(out, text::lower_of(plain(text[at])), text[at]);
  }
}

Text titled(TextView text) {
  Text out;
  bool inside = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (inside) {
      append_lower(out, text, i);
    } else {
      append_marked(out, text::title_of(plain(text[i])), text[i]);
    }
    inside = text::is_cased(plain(text[i]));
  }
  return out;
}

Text swapped(TextView text) {
  Text out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char32_t c = plain(text[i]);
    if (text::is_upper(c)) {
      append_lower(out, text, i);
    } else if (text::is_lower(c)) {
      append_marked(out, text::upper_of(c), text[i]);
    } else {
      out += text[i];
    }
  }
  return out;
}

bool is_titled(TextView text) {
  bool inside = false;
  bool any = false;
  for (const char32_t marked : text) {
    const char32_t c = plain(marked);
    if (text::is_upper(c) || text::is_title(c)) {
      if (inside) return false;
      inside = any = true;
    } else if (text::is_lower(c)) {
      if (!inside) return false;
      any = true;
    } else {
      inside = false;
    }
  }
  return any;
}

// islower() and isupper(): no cased letter of another kind, and at least one.
bool has_case(TextView text, bool upper) {
  bool any = false;
  for (const char32_t marked : text) {
    const char32_t c = plain(marked);
    if (text::is_title(c) || (upper ? text::is_lower(c) : text::is_upper(c))) return false;
    any = any || (upper ? text::is_upper(c) : text::is_lower(c));
  }
  return any;
}

bool all_are(TextView text, bool (*test)(char32_t)) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char32_t c) { return test(plain(c)); });
}

bool is_identifier(TextView text) {
  if (text.empty() || !text::is_identifier_start(plain(text.front()))) return false;
  return std::all_of(text.begin(), text.end(), [](char32_t c) { return text::is_identifier_part(plain(c)); });
}

}  // namespace

Text lowered(TextView text) {
  Text out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) append_lower(out, text, i);
  return out;
}

Text uppered(TextView text) {
  Text out;
  out.reserve(text.size());
  for (const char32_t c : text) append_marked(out, text::upper_of(plain(c)), c);
  return out;
}

Text capitalized(TextView text) {
  Text out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i > 0) {
      append_lower(out, text, i);
    } else {
      append_marked(out, text::title_of(plain(text[0])), text[0]);
    }
  }
  return out;
}

std::optional<Text> case_changed(TextView text, std::string_view name) {
  if (name == "lower") return lowered(text);
  if (name == "upper") return uppered(text);
  if (name == "capitalize") return capitalized(text);
  if (name == "title") return titled(text);
  if (name == "swapcase") return swapped(text);
  if (name == "casefold") {
    Text out;
    for (const char32_t c : text) append_marked(out, text::fold_of(plain(c)), c);
    return out;
  }
  return std::nullopt;
}

std::optional<bool> character_test(TextView text, std::string_view name) {
  if (name == "isalnum") return all_are(text, text::is_alnum);
  if (name == "isalpha") return all_are(text, text::is_alpha);
  if (name == "isdecimal") return all_are(text, text::is_decimal);
  if (name == "isdigit") return all_are(text, text::is_digit);
  if (name == "isnumeric") return all_are(text, text::is_numeric);
  if (name == "isspace") return all_are(text, text::is_space);
  if (name == "isprintable") return text.empty() || all_are(text, text::is_printable);
  if (name == "isascii") return text.empty() || all_are(text, [](char32_t c) { return c < 0x80; });
  if (name == "islower") return has_case(text, false);
  if (name == "isupper") return has_case(text, true);
  if (name == "istitle") return is_titled(text);
  if (name == "isidentifier") return is_identifier(text);
  return std::nullopt;
}

}  // namespace bantam::jinja
