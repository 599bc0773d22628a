#include "jinja/value.hpp"

#include <algorithm>

#include "text/unicode.hpp"

namespace bantam::jinja {

const Text& Value::text() const {
  return as<StringObject>().text;
}

bool Value::is_markup() const {
  return is(Kind::string) && as<StringObject>().markup;
}

std::vector<Value>& Value::items() const {
  return as<ListObject>().items;
}

Value Heap::string(Text text, bool markup) {
  auto* made = make<StringObject>(text.capacity() * sizeof(char32_t));
  made->text = std::move(text);
  made->markup = markup;
  return Value::object(Kind::string, made);
}

Value Heap::string(std::string_view utf8_text) {
  return string(text::to_utf32(utf8_text));
}

Value Heap::list(std::vector<Value> items) {
  auto* made = make<ListObject>(items.capacity() * sizeof(Value));
  made->items = std::move(items);
  return Value::object(Kind::list, made);
}

Value Heap::tuple(std::vector<Value> items) {
  const Value made = list(std::move(items));
  return Value::object(Kind::tuple, made.held());
}

Value Heap::integer(const Integer& number) {
  if (const auto small = number.small()) return Value::integer(*small);
  auto* made = make<BigObject>(number.bits() / 8);
  made->number = number;
  return Value::object(Kind::big, made);
}

std::string_view type_name(const Value& value) {
  switch (value.kind()) {
    case Kind::missing:
    case Kind::undefined:
      return "Undefined";
    case Kind::none:
      return "NoneType";
    case Kind::boolean:
      return "bool";
    case Kind::integer:
    case Kind::big:
      return "int";
    case Kind::real:
      return "float";
    case Kind::string:
      return value.is_markup() ? "Markup" : "str";
    case Kind::list:
      return "list";
    case Kind::tuple:
      return "tuple";
    case Kind::dict:
      return "dict";
    case Kind::range:
      return "range";
    case Kind::view:
      return "dict_view";
    case Kind::iterator:
      return "generator";
    case Kind::space:
      return "Namespace";
    case Kind::loop:
      return "LoopContext";
    case Kind::macro:
      return "Macro";
    case Kind::method:
      return "method";
    case Kind::function:
      return "function";
    case Kind::cycler:
      return "Cycler";
    case Kind::joiner:
      return "Joiner";
  }
  return "object";
}

bool is_integer(const Value& value) {
  return value.is(Kind::integer) || value.is(Kind::boolean) || value.is(Kind::big);
}

bool is_number(const Value& value) {
  return is_integer(value) || value.is(Kind::real);
}

bool is_sequence(const Value& value) {
  return value.is(Kind::string) || value.is(Kind::list) || value.is(Kind::tuple);
}

Integer integer_of(const Value& value) {
  return value.is(Kind::big) ? value.as<BigObject>().number : Integer(value.as_integer());
}

std::optional<double> double_of(const Value& number) {
  if (number.is(Kind::real)) return number.as_real();
  if (number.is(Kind::big)) return number.as<BigObject>().number.to_double();
  return static_cast<double>(number.as_integer());
}

bool same_text(TextView a, TextView b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char32_t x, char32_t y) { return plain(x) == plain(y); });
}

int compare_text(TextView a, TextView b) {
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (plain(a[i]) != plain(b[i])) return plain(a[i]) < plain(b[i]) ? -1 : 1;
  }
  return a.size() == b.size() ? 0 : a.size() < b.size() ? -1 : 1;
}

std::size_t find_text(TextView text, TextView wanted, std::size_t from) {
  if (from > text.size()) return TextView::npos;
  const auto found = std::search(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(), wanted.begin(),
                                 wanted.end(), [](char32_t x, char32_t y) { return plain(x) == plain(y); });
  if (found == text.end() && !wanted.empty()) return TextView::npos;
  return static_cast<std::size_t>(found - text.begin());
}

std::size_t rfind_text(TextView text, TextView wanted) {
  if (wanted.size() > text.size()) return TextView::npos;
  for (std::size_t at = text.size() - wanted.size() + 1; at-- > 0;) {
    if (same_text(text.substr(at, wanted.size()), wanted)) return at;
  }
  return TextView::npos;
}

Text ascii(std::string_view text) {
  Text out;
  for (const char c : text) out += static_cast<char32_t>(static_cast<unsigned char>(c));
  return out;
}

std::string utf8(TextView marked) {
  std::string out;
  for (const char32_t c : marked) text::append_utf8(plain(c), out);
  return out;
}

}  // namespace bantam::jinja
