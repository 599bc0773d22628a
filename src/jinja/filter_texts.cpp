// Filters of texts.

#include <algorithm>
#include <array>

#include "jinja/filter_support.hpp"
#include "jinja/text_case.hpp"
#include "jinja/text_parts.hpp"
#include "text/python_text.hpp"
#include "text/unicode.hpp"

namespace bantam::jinja {
namespace {

Result<Value> changed(Machine& machine, const Value& value, const Arguments& given, const char* name,
                      Text (*change)(TextView)) {
  TRY_ASSIGN(const Bound bound, bind(name, given, {}));
  TRY_ASSIGN(const Value text, soft(machine, value));
  TRY(machine.tick(text.text().size() / 8));
  return machine.heap().string(change(text.text()), text.is_markup());
}

Result<Value> filter_lower(Machine& machine, const Value& value, const Arguments& given) {
  return changed(machine, value, given, "lower", lowered);
}
Result<Value> filter_upper(Machine& machine, const Value& value, const Arguments& given) {
  return changed(machine, value, given, "upper", uppered);
}
Result<Value> filter_capitalize(Machine& machine, const Value& value, const Arguments& given) {
  return changed(machine, value, given, "capitalize", capitalized);
}

Result<Value> filter_title(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("title", given, {}));
  TRY_ASSIGN(const Value text, soft(machine, value));
  const auto separates = [](char32_t marked) {
    const char32_t c = plain(marked);
    return text::is_space(c) || std::u32string_view(U"-({[<").find(c) != std::u32string_view::npos;
  };
  Text out;
  const TextView all = text.text();
  for (std::size_t start = 0; start < all.size();) {
    std::size_t end = start;
    while (end < all.size() && separates(all[end]) == separates(all[start])) ++end;
    out += uppered(all.substr(start, 1));
    out += lowered(all.substr(start + 1, end - start - 1));
    start = end;
  }
  return machine.text(std::move(out));
}

Result<Value> filter_trim(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("trim", given, {"chars"}));
  TRY_ASSIGN(const Value text, soft(machine, value));
  std::optional<TextView> characters;
  if (is_given(bound[0])) {
    if (!bound[0]->is(Kind::string)) return type_error("strip arg must be None or str");
    if (text.is_markup()) return unsupported("trim(chars) of Markup");
    characters = bound[0]->text();
  }
  return machine.heap().string(stripped(text.text(), characters, true, true), text.is_markup());
}

Result<Value> filter_center(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("center", given, {"width"}));
  TRY_ASSIGN(const Value text, soft(machine, value));
  const Value width = bound[0].value_or(Value::integer(80));
  TRY_ASSIGN(const Value made, call_method(machine, machine.text(text.text()), "center", {{width}, {}}));
  return machine.heap().string(made.text(), text.is_markup());
}

Result<Value> filter_string(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("string", given, {}));
  return soft(machine, value);
}

Result<Value> filter_replace(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("replace", given, {"old", "new", "count"}, 2));
  TRY_ASSIGN(const Text text, machine.str(value));
  TRY_ASSIGN(const Text from, machine.str(*bound[0]));
  TRY_ASSIGN(const Text to, machine.str(*bound[1]));
  std::int64_t count = -1;
  if (is_given(bound[2])) {
    TRY_ASSIGN(count, machine.index_of(*bound[2]));
  }
  TRY_ASSIGN(Text out, replaced(machine, text, from, to, count));
  return machine.text(std::move(out));
}

Result<Value> filter_format(Machine& machine, const Value& value, const Arguments& given) {
  if (!given.values.empty() && !given.keywords.empty()) {
    return raised("can't handle positional and keyword arguments at the same time");
  }
  TRY_ASSIGN(const Value text, soft(machine, value));
  if (given.keywords.empty()) return machine.percent_format(text, machine.tuple(given.values));
  TRY_ASSIGN(DictObject * names, machine.dict_of(given));
  return machine.percent_format(text, Value::object(Kind::dict, names));
}

Result<Value> filter_indent(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("indent", given, {"width", "first", "blank"}));
  TRY_ASSIGN(const bool first, flag(machine, bound[1]));
  TRY_ASSIGN(const bool blank, flag(machine, bound[2]));
  if (value.is(Kind::undefined)) return raised(value.as<UndefinedObject>().message);
  if (!value.is(Kind::string)) return type_error("indent of a value that is no text");
  if (value.is_markup() || (bound[0] && bound[0]->is_markup())) return unsupported("indent of Markup");
  Text indent(4, U' ');
  if (bound[0] && bound[0]->is(Kind::string)) {
    indent = bound[0]->text();
  } else if (bound[0]) {
    TRY_ASSIGN(const std::int64_t width, machine.index_of(*bound[0]));
    TRY(machine.reserve(static_cast<std::size_t>(std::max<std::int64_t>(0, width)), sizeof(char32_t)));
    indent = Text(static_cast<std::size_t>(std::max<std::int64_t>(0, width)), U' ');
  }
  const std::vector<Text> lines = split_lines(value.text() + U"\n", false);
  TRY(machine.reserve(lines.size() * (indent.size() + 1), sizeof(char32_t)));
  Text out;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out += '\n';
    if (i == 0 ? first : blank || !lines[i].empty()) out += indent;
    out += lines[i];
  }
  return machine.text(std::move(out));
}

Result<Value> filter_truncate(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("truncate", given, {"length", "killwords", "end", "leeway"}));
  if (!value.is(Kind::string) || value.is_markup())
    return unsupported("truncate of a value that is no plain text");
  TRY_ASSIGN(const std::int64_t length, bound[0] ? machine.index_of(*bound[0]) : Result<std::int64_t>(255));
  TRY_ASSIGN(const bool kill_words, flag(machine, bound[1]));
  TRY_ASSIGN(const std::int64_t leeway,
             is_given(bound[3]) ? machine.index_of(*bound[3]) : Result<std::int64_t>(5));
  Text end = U"...";
  if (bound[2]) {
    if (!bound[2]->is(Kind::string)) return unsupported("truncate with an end that is no text");
    end = bound[2]->text();
  }
  const auto end_size = static_cast<std::int64_t>(end.size());
  if (length < end_size || leeway < 0)
    return raised("AssertionError: expected length >= len(end) and leeway >= 0");
  const Text& text = value.text();
  if (static_cast<std::int64_t>(text.size()) <= length + leeway) return value;
  TextView kept = TextView(text).substr(0, static_cast<std::size_t>(length - end_size));
  if (!kill_words) {
    const std::size_t space = rfind_text(kept, U" ");
    if (space != TextView::npos) kept = kept.substr(0, space);
  }
  return machine.text(Text(kept) + end);
}

Result<Value> filter_wordcount(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("wordcount", given, {}));
  TRY_ASSIGN(const Value text, soft(machine, value));
  std::int64_t count = 0;
  bool inside = false;
  for (const char32_t c : text.text()) {
    const bool word = text::is_alnum(plain(c)) || plain(c) == '_';
    if (word && !inside) ++count;
    inside = word;
  }
  return Value::integer(count);
}

Result<Value> filter_escape(Machine& machine, const Value& value, const Arguments& given) {
  TRY(expect_count("escape", given, 0, 0));
  if (value.is_markup()) return value;
  TRY_ASSIGN(const Text text, machine.str(value));
  Text out;
  for (const char32_t marked : text) {
    const char32_t c = plain(marked);
    const char* escape = c == '&'    ? "&amp;"
                         : c == '<'  ? "&lt;"
                         : c == '>'  ? "&gt;"
                         : c == '\'' ? "&#39;"
                         : c == '"'  ? "&#34;"
                                     : nullptr;
    if (escape == nullptr) {
      out += marked;
    } else {
      for (const char32_t e : ascii(escape)) out += e | (marked & kInputMark);
    }
  }
  return machine.heap().string(std::move(out), true);
}

Result<Value> filter_forceescape(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Text text, machine.str(value));
  return filter_escape(machine, machine.text(text), given);
}

Result<Value> filter_safe(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("safe", given, {}));
  TRY_ASSIGN(Text text, machine.str(value));
  return machine.heap().string(std::move(text), true);
}

Text quoted_for_url(TextView text, bool for_query) {
  std::string out;
  for (const char byte : utf8(text)) {
    const auto c = static_cast<unsigned char>(byte);
    const bool stays = (c < 0x80 && text::is_alnum(c)) ||
                       std::string_view("_.-~").find(byte) != std::string_view::npos ||
                       (byte == '/' && !for_query);
    out += stays ? std::string(1, byte) : for_query && byte == ' ' ? "+" : fmt::format("%{:02X}", c);
  }
  return ascii(out);
}

Result<Value> filter_urlencode(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("urlencode", given, {}));
  if (value.is(Kind::string) || !Machine::is_iterable(value)) {
    TRY_ASSIGN(const Text text, machine.str(value));
    return machine.text(quoted_for_url(text, false));
  }
  Value pairs = value;
  if (value.is(Kind::dict)) {
    TRY_ASSIGN(pairs, call_method(machine, value, "items", {}));
  }
  TRY_ASSIGN(const std::vector<Value> all, machine.elements(pairs));
  Text out;
  for (const Value& pair : all) {
    TRY_ASSIGN(const std::vector<Value> both, machine.elements(pair));
    if (both.size() != 2) return value_error("values to unpack (expected 2)");
    TRY_ASSIGN(const Text key, machine.str(both[0]));
    TRY_ASSIGN(const Text text, machine.str(both[1]));
    if (!out.empty()) out += '&';
    out += quoted_for_url(key, true) + U"=" + quoted_for_url(text, true);
    TRY(machine.room_for(out.size()));
  }
  return machine.text(std::move(out));
}

// The attributes of a tag.
Result<Value> filter_xmlattr(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const Bound bound, bind("xmlattr", given, {"autospace"}));
  TRY_ASSIGN(const bool with_space, flag(machine, bound[0], true));
  if (!value.is(Kind::dict))
    return raised(fmt::format("AttributeError: '{}' object has no attribute 'items'", type_name(value)));
  Text out;
  for (const auto& [key, element] : value.as<DictObject>().items) {
    if (element.is(Kind::none) || element.is(Kind::undefined)) continue;
    if (!key.is(Kind::string)) return type_error("expected string or bytes-like object");
    for (const char32_t marked : key.text()) {
      const char32_t c = plain(marked);
      const bool space = c == ' ' || (c >= '\t' && c <= '\r');
      if (space || c == '/' || c == '>' || c == '=')
        return value_error("Invalid character in attribute name");
    }
    TRY_ASSIGN(const Value name, filter_escape(machine, key, {}));
    TRY_ASSIGN(const Value text, filter_escape(machine, element, {}));
    if (!out.empty()) out += ' ';
    out += name.text() + U"=\"" + text.text() + U"\"";
  }
  if (with_space && !out.empty()) out.insert(out.begin(), U' ');
  return machine.text(std::move(out));
}

}  // namespace

std::span<const NamedFilter> text_filters() {
  static constexpr auto kFilters = std::to_array<NamedFilter>({
      {"capitalize", filter_capitalize},
      {"center", filter_center},
      {"e", filter_escape},
      {"escape", filter_escape},
      {"forceescape", filter_forceescape},
      {"format", filter_format},
      {"indent", filter_indent},
      {"lower", filter_lower},
      {"replace", filter_replace},
      {"safe", filter_safe},
      {"string", filter_string},
      {"title", filter_title},
      {"trim", filter_trim},
      {"truncate", filter_truncate},
      {"upper", filter_upper},
      {"urlencode", filter_urlencode},
      {"wordcount", filter_wordcount},
      {"xmlattr", filter_xmlattr},
  });
  return kFilters;
}

}  // namespace bantam::jinja
