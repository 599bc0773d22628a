// str() and repr() of values.

#include <algorithm>

#include "jinja/machine.hpp"
#include "jinja/value_errors.hpp"
#include "text/unicode.hpp"

namespace bantam::jinja {
namespace {

Result<Text> joined(Machine& machine, const std::vector<Value>& items, int depth) {
  Text out;
  for (const Value& item : items) {
    if (!out.empty()) out += U", ";
    TRY_ASSIGN(const Text part, machine.repr(item, depth + 1));
    out += part;
    TRY(machine.room_for(out.size()));
  }
  return out;
}

Result<Text> text_of_dict(Machine& machine, const DictObject& dict, int depth) {
  Text out = U"{";
  for (const auto& [key, value] : dict.items) {
    if (out.size() > 1) out += U", ";
    TRY_ASSIGN(const Text key_text, machine.repr(key, depth + 1));
    TRY_ASSIGN(const Text value_text, machine.repr(value, depth + 1));
    out += key_text;
    out += U": ";
    out += value_text;
    TRY(machine.room_for(out.size()));
  }
  return out + U"}";
}

Result<Text> digits_of(const Integer& number) {
  const std::string digits = number.text();
  if (digits.size() > 4300)
    return value_error("Exceeds the limit (4300 digits) for integer string conversion");
  return ascii(digits);
}

Text text_of_range(const RangeObject& range) {
  return ascii(range.step == 1 ? fmt::format("range({}, {})", range.start, range.stop)
                               : fmt::format("range({}, {}, {})", range.start, range.stop, range.step));
}

Text repr_of_text(TextView text) {
  const bool single = std::any_of(text.begin(), text.end(), [](char32_t c) { return plain(c) == '\''; });
  const bool twofold = std::any_of(text.begin(), text.end(), [](char32_t c) { return plain(c) == '"'; });
  const char32_t quote = single && !twofold ? '"' : '\'';
  Text out(1, quote);
  for (const char32_t marked : text) {
    const char32_t c = plain(marked);
    std::string escape;
    if (c == '\\' || c == quote) {
      escape = fmt::format("\\{}", static_cast<char>(c));
    } else if (c == '\n') {
      escape = "\\n";
    } else if (c == '\r') {
      escape = "\\r";
    } else if (c == '\t') {
      escape = "\\t";
    } else if (text::is_printable(c)) {
      out += marked;
      continue;
    } else if (c < 0x100) {
      escape = fmt::format("\\x{:02x}", static_cast<unsigned>(c));
    } else if (c < 0x10000) {
      escape = fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      escape = fmt::format("\\U{:08x}", static_cast<unsigned>(c));
    }
    for (const char e : escape)
      out += static_cast<char32_t>(static_cast<unsigned char>(e)) | (marked & kInputMark);
  }
  return out + quote;
}

}  // namespace

Result<Text> Machine::str(const Value& value) {
  if (value.is(Kind::string)) return value.text();
  if (value.is(Kind::undefined)) {
    if (value.as<UndefinedObject>().strict) return undefined_error(value);
    return Text();
  }
  return repr(value);
}

Result<Text> Machine::repr(const Value& value, int depth) {
  if (depth > kMaxDepth) return too_deep();
  TRY(tick());
  switch (value.kind()) {
    case Kind::missing:
    case Kind::undefined:
      return Text(U"Undefined");
    case Kind::none:
      return Text(U"None");
    case Kind::boolean:
      return Text(value.as_bool() ? U"True" : U"False");
    case Kind::integer:
      return ascii(fmt::format("{}", value.as_integer()));
    case Kind::big:
      return digits_of(value.as<BigObject>().number);
    case Kind::real:
      return ascii(float_text(value.as_real()));
    case Kind::string:
      if (value.is_markup()) return Text(U"Markup(" + repr_of_text(value.text()) + U")");
      return repr_of_text(value.text());
    case Kind::list: {
      TRY_ASSIGN(const Text inside, joined(*this, value.items(), depth));
      return Text(U"[" + inside + U"]");
    }
    case Kind::tuple: {
      TRY_ASSIGN(const Text inside, joined(*this, value.items(), depth));
      return Text(U"(" + inside + (value.items().size() == 1 ? U",)" : U")"));
    }
    case Kind::dict:
      return text_of_dict(*this, value.as<DictObject>(), depth);
    case Kind::range:
      return text_of_range(value.as<RangeObject>());
    case Kind::view: {
      constexpr const char* kNames[] = {"dict_keys([", "dict_values([", "dict_items(["};
      TRY_ASSIGN(const std::vector<Value> items, elements(value));
      TRY_ASSIGN(const Text inside, joined(*this, items, depth));
      return Text(ascii(kNames[static_cast<int>(value.as<ViewObject>().what)]) + inside + U"])");
    }
    case Kind::space: {
      TRY_ASSIGN(const Text inside, text_of_dict(*this, *value.as<SpaceObject>().attributes, depth));
      return Text(U"<Namespace " + inside + U">");
    }
    case Kind::loop: {
      TRY_ASSIGN(const std::string text, caller_->loop_text(value));
      return ascii(text);
    }
    case Kind::macro:
    case Kind::iterator:
    case Kind::method:
    case Kind::function:
    case Kind::cycler:
    case Kind::joiner:
      break;
  }
  return unsupported(fmt::format("the text of a {}", type_name(value)));
}

}  // namespace bantam::jinja
