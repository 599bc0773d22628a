#include "jinja/machine.hpp"

#include <algorithm>
#include <cmath>

#include "text/unicode.hpp"

namespace bantam::jinja {
namespace {

constexpr int kMaxDepth = 100;       // of values inside of values, where they are followed
constexpr std::size_t kIndexed = 8;  // dictionaries of more elements have an index

tl::unexpected<base::Error> too_deep() {
  return unsupported(fmt::format("values nested deeper than {} levels", kMaxDepth));
}

tl::unexpected<base::Error> undefined_error(const Value& value) {
  return raised(value.as<UndefinedObject>().message);
}

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

// -1, 0, 1; absent when one is not a number. Exact for integers beside floats.
std::optional<int> compare_numbers(const Value& a, const Value& b) {
  const auto sign = [](auto x, auto y) { return x < y ? -1 : x > y ? 1 : 0; };
  if (is_integer(a) && is_integer(b)) {
    if (!a.is(Kind::big) && !b.is(Kind::big)) return sign(a.as_integer(), b.as_integer());
    return sign(integer_of(a), integer_of(b));
  }
  if (a.is(Kind::real) && b.is(Kind::real)) {
    if (std::isnan(a.as_real()) || std::isnan(b.as_real())) return std::nullopt;
    return sign(a.as_real(), b.as_real());
  }
  if (a.is(Kind::real)) {
    const auto reversed = compare_numbers(b, a);
    return reversed ? std::optional(-*reversed) : std::nullopt;
  }
  const double real = b.as_real();
  if (std::isnan(real)) return std::nullopt;
  if (std::isinf(real)) return real > 0 ? -1 : 1;
  const int whole = sign(integer_of(a), Integer::from_double(real));
  if (whole != 0) return whole;
  const double fraction = real - std::trunc(real);
  return fraction > 0 ? -1 : fraction < 0 ? 1 : 0;
}

Text key_text(const Value& value) {
  Text out = value.text();
  for (char32_t& c : out) c = plain(c);
  return out;
}

}  // namespace

Status Machine::tick(std::size_t steps) {
  steps_ += static_cast<std::int64_t>(steps);
  TRY(room_for(0));
  if (steps_ < next_look_) return {};
  next_look_ = steps_ + 1000;
  if (steps_ > limits_.steps) return unsupported(fmt::format("more than {} steps", limits_.steps));
  if (limits_.interrupted && limits_.interrupted()) {
    return base::fail(base::ErrorKind::interrupted, "a template's rendering was interrupted");
  }
  return {};
}

Status Machine::room_for(std::size_t characters) const {
  const std::size_t left = limits_.value_bytes - std::min(limits_.value_bytes, heap_.bytes());
  if (heap_.bytes() <= limits_.value_bytes && characters <= left / sizeof(char32_t)) return {};
  return unsupported(fmt::format("values of more than {} MiB", limits_.value_bytes >> 20));
}

Status Machine::reserve(std::size_t count, std::size_t size) {
  const std::size_t left = limits_.value_bytes - std::min(limits_.value_bytes, heap_.bytes());
  if (count > left / size)
    return unsupported(fmt::format("values of more than {} MiB", limits_.value_bytes >> 20));
  return tick(count / 8);
}

Value Machine::undefined(std::string message, bool always_lenient) {
  auto* made = heap_.make<UndefinedObject>(message.size());
  made->message = std::move(message);
  made->strict = !is_chat() && !always_lenient;
  return Value::object(Kind::undefined, made);
}

Value Machine::generator(std::function<Result<std::optional<Value>>(Machine&)> next) {
  auto* made = heap_.make<IteratorObject>();
  made->next = std::move(next);
  return Value::object(Kind::iterator, made);
}

Result<bool> Machine::truth(const Value& value) {
  switch (value.kind()) {
    case Kind::undefined:
      if (value.as<UndefinedObject>().strict) return undefined_error(value);
      return false;
    case Kind::missing:
    case Kind::none:
      return false;
    case Kind::boolean:
    case Kind::integer:
      return value.as_integer() != 0;
    case Kind::real:
      return value.as_real() != 0;
    case Kind::string:
      return !value.text().empty();
    case Kind::list:
    case Kind::tuple:
      return !value.items().empty();
    case Kind::dict:
      return !value.as<DictObject>().items.empty();
    case Kind::range:
      return value.as<RangeObject>().length != 0;
    case Kind::view:
      return !value.as<ViewObject>().dict->items.empty();
    case Kind::loop: {
      TRY_ASSIGN(const std::int64_t count, length(value));
      return count != 0;
    }
    default:
      return true;
  }
}

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
    case Kind::big: {
      std::string digits = value.as<BigObject>().number.text();
      if (digits.size() > 4300)
        return value_error("Exceeds the limit (4300 digits) for integer string conversion");
      return ascii(digits);
    }
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
    case Kind::range: {
      const auto& range = value.as<RangeObject>();
      return ascii(range.step == 1 ? fmt::format("range({}, {})", range.start, range.stop)
                                   : fmt::format("range({}, {}, {})", range.start, range.stop, range.step));
    }
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

Result<bool> Machine::equal(const Value& a, const Value& b, int depth) {
  if (depth > kMaxDepth) return too_deep();
  TRY(tick());
  for (const Value* value : {&a, &b}) {
    if (value->is(Kind::undefined) && value->as<UndefinedObject>().strict) return undefined_error(*value);
  }
  if (is_number(a) && is_number(b)) return compare_numbers(a, b) == 0;
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::none:
    case Kind::undefined:
      return true;
    case Kind::string:
      return same_text(a.text(), b.text());
    case Kind::list:
    case Kind::tuple: {
      if (a.items().size() != b.items().size()) return false;
      for (std::size_t i = 0; i < a.items().size(); ++i) {
        TRY_ASSIGN(const bool same, equal(a.items()[i], b.items()[i], depth + 1));
        if (!same) return false;
      }
      return true;
    }
    case Kind::dict: {
      const auto& left = a.as<DictObject>();
      const auto& right = b.as<DictObject>();
      if (left.items.size() != right.items.size()) return false;
      for (const auto& [key, value] : left.items) {
        TRY_ASSIGN(const auto other, find(right, key));
        if (!other) return false;
        TRY_ASSIGN(const bool same, equal(value, *other, depth + 1));
        if (!same) return false;
      }
      return true;
    }
    case Kind::range: {
      const auto& left = a.as<RangeObject>();
      const auto& right = b.as<RangeObject>();
      return left.length == right.length && (left.length == 0 || left.start == right.start) &&
             (left.length <= 1 || left.step == right.step);
    }
    case Kind::view:
      if (a.as<ViewObject>().what == ViewObject::What::values) return a.held() == b.held();
      return unsupported("comparison of keys() or items()");
    case Kind::method:
    case Kind::function:
      return unsupported("comparison of functions");
    default:
      return a.held() == b.held();
  }
}

Result<bool> Machine::less(const Value& a, const Value& b, int depth) {
  if (depth > kMaxDepth) return too_deep();
  TRY(tick());
  for (const Value* value : {&a, &b}) {
    if (value->is(Kind::undefined)) return undefined_error(*value);
  }
  if (is_number(a) && is_number(b)) {
    const auto order = compare_numbers(a, b);
    return order && *order < 0;
  }
  if (a.is(Kind::string) && b.is(Kind::string)) return compare_text(a.text(), b.text()) < 0;
  if (a.kind() == b.kind() && (a.is(Kind::list) || a.is(Kind::tuple))) {
    const std::size_t shorter = std::min(a.items().size(), b.items().size());
    for (std::size_t i = 0; i < shorter; ++i) {
      TRY_ASSIGN(const bool same, equal(a.items()[i], b.items()[i], depth + 1));
      if (!same) return less(a.items()[i], b.items()[i], depth + 1);
    }
    return a.items().size() < b.items().size();
  }
  if (a.is(Kind::view) && b.is(Kind::view)) return unsupported("comparison of keys() or items()");
  return type_error(
      fmt::format("'<' not supported between instances of '{}' and '{}'", type_name(a), type_name(b)));
}

Result<bool> Machine::compare(Operator op, const Value& a, const Value& b) {
  switch (op) {
    case Operator::eq:
      return equal(a, b);
    case Operator::ne: {
      TRY_ASSIGN(const bool same, equal(a, b));
      return !same;
    }
    case Operator::lt:
      return less(a, b);
    case Operator::gt:
      return less(b, a);
    case Operator::le:
    case Operator::ge: {
      const Value& low = op == Operator::le ? a : b;
      const Value& high = op == Operator::le ? b : a;
      TRY_ASSIGN(const bool is_less, less(low, high));
      if (is_less) return true;
      return equal(low, high);
    }
    case Operator::in:
      return contains(b, a);
    case Operator::not_in: {
      TRY_ASSIGN(const bool found, contains(b, a));
      return !found;
    }
    default:
      return raised("no comparison");
  }
}

Result<bool> Machine::contains(const Value& container, const Value& wanted) {
  if (container.is(Kind::undefined)) {
    if (container.as<UndefinedObject>().strict) return undefined_error(container);
    return false;
  }
  if (container.is(Kind::string)) {
    if (!wanted.is(Kind::string)) {
      return type_error(
          fmt::format("'in <string>' requires string as left operand, not {}", type_name(wanted)));
    }
    TRY(tick(container.text().size() / 8));
    return find_text(container.text(), wanted.text()) != TextView::npos;
  }
  if (container.is(Kind::dict) ||
      (container.is(Kind::view) && container.as<ViewObject>().what == ViewObject::What::keys)) {
    const DictObject& dict =
        container.is(Kind::dict) ? container.as<DictObject>() : *container.as<ViewObject>().dict;
    TRY_ASSIGN(const auto found, find(dict, wanted));
    return found.has_value();
  }
  if (container.is(Kind::space)) return type_error("argument of type 'Namespace' is not iterable");
  TRY_ASSIGN(IteratorObject * iterator, iterate(container));
  while (true) {
    TRY_ASSIGN(const auto element, next(iterator));
    if (!element) return false;
    const bool identical =
        element->kind() == wanted.kind() && element->held() == wanted.held() && wanted.kind() >= Kind::string;
    if (identical) return true;
    if (wanted.is(Kind::undefined) && element->is(Kind::undefined) && element->held() == wanted.held())
      return true;
    TRY_ASSIGN(const bool same, equal(*element, wanted));
    if (same) return true;
  }
}

bool Machine::has_length(const Value& value) {
  switch (value.kind()) {
    case Kind::undefined:
    case Kind::string:
    case Kind::list:
    case Kind::tuple:
    case Kind::dict:
    case Kind::range:
    case Kind::loop:
    case Kind::view:
      return true;
    default:
      return false;
  }
}

bool Machine::is_iterable(const Value& value) {
  return has_length(value) || value.is(Kind::iterator);
}

bool Machine::is_callable(const Value& value) {
  return value.kind() == Kind::macro || value.kind() == Kind::method || value.kind() == Kind::function ||
         value.kind() == Kind::loop || value.kind() == Kind::joiner || value.kind() == Kind::undefined;
}

Result<std::int64_t> Machine::length(const Value& value) {
  switch (value.kind()) {
    case Kind::undefined:
      if (value.as<UndefinedObject>().strict) return undefined_error(value);
      return 0;
    case Kind::string:
      return static_cast<std::int64_t>(value.text().size());
    case Kind::list:
    case Kind::tuple:
      return static_cast<std::int64_t>(value.items().size());
    case Kind::dict:
      return static_cast<std::int64_t>(value.as<DictObject>().items.size());
    case Kind::view:
      return static_cast<std::int64_t>(value.as<ViewObject>().dict->items.size());
    case Kind::range:
      return value.as<RangeObject>().length;
    case Kind::loop: {
      TRY_ASSIGN(const Value count, caller_->loop_attribute(value, "length"));
      return count.as_integer();
    }
    default:
      return type_error(fmt::format("object of type '{}' has no len()", type_name(value)));
  }
}

namespace {

using Next = std::optional<Value>;

std::function<Result<Next>(Machine&)> dict_steps(DictObject* dict, ViewObject::What what) {
  return
      [dict, what, at = std::size_t{0}, size = dict->items.size()](Machine& machine) mutable -> Result<Next> {
        if (dict->items.size() != size)
          return raised("RuntimeError: dictionary changed size during iteration");
        if (at >= size) return Next();
        const auto& [key, value] = dict->items[at++];
        if (what == ViewObject::What::items) return Next(machine.tuple({key, value}));
        return Next(what == ViewObject::What::keys ? key : value);
      };
}

}  // namespace

Result<IteratorObject*> Machine::iterate(const Value& value) {
  auto* made = heap_.make<IteratorObject>();
  switch (value.kind()) {
    case Kind::iterator:
      return &value.as<IteratorObject>();
    case Kind::undefined:
      if (value.as<UndefinedObject>().strict) return undefined_error(value);
      made->next = [](Machine&) -> Result<Next> { return Next(); };
      return made;
    case Kind::string:
      made->next = [value, at = std::size_t{0}](Machine& machine) mutable -> Result<Next> {
        if (at >= value.text().size()) return Next();
        return Next(machine.text(Text(1, value.text()[at++])));
      };
      return made;
    case Kind::list:
    case Kind::tuple:
      made->next = [value, at = std::size_t{0}](Machine&) mutable -> Result<Next> {
        if (at >= value.items().size()) return Next();
        return Next(value.items()[at++]);
      };
      return made;
    case Kind::dict:
      made->next = dict_steps(&value.as<DictObject>(), ViewObject::What::keys);
      return made;
    case Kind::view:
      made->next = dict_steps(value.as<ViewObject>().dict, value.as<ViewObject>().what);
      return made;
    case Kind::range:
      made->next = [value, at = std::int64_t{0}](Machine&) mutable -> Result<Next> {
        const auto& range = value.as<RangeObject>();
        if (at >= range.length) return Next();
        return Next(Value::integer(range.start + range.step * at++));
      };
      return made;
    case Kind::loop:
      return unsupported("iteration over 'loop'");
    default:
      return type_error(fmt::format("'{}' object is not iterable", type_name(value)));
  }
}

Result<std::optional<Value>> Machine::next(IteratorObject* iterator) {
  TRY(tick());
  if (iterator->ended) return std::optional<Value>();
  auto made = iterator->next(*this);
  if (!made || !*made) iterator->ended = true;
  return made;
}

Result<std::vector<Value>> Machine::elements(const Value& value) {
  TRY_ASSIGN(IteratorObject * iterator, iterate(value));
  std::vector<Value> items;
  while (true) {
    TRY_ASSIGN(const auto element, next(iterator));
    if (!element) return items;
    items.push_back(*element);
    heap_.charge(sizeof(Value));
  }
}

Result<std::size_t> Machine::hash(const Value& key, int depth) {
  if (depth > kMaxDepth) return too_deep();
  switch (key.kind()) {
    case Kind::undefined:
      if (key.as<UndefinedObject>().strict) return undefined_error(key);
      return 7;
    case Kind::none:
      return 11;
    case Kind::boolean:
    case Kind::integer:
      return std::hash<std::int64_t>()(key.as_integer());
    case Kind::big:
      return key.as<BigObject>().number.bits();
    case Kind::real: {
      const double value = key.as_real();
      if (std::isfinite(value) && value == std::trunc(value)) {
        const Integer whole = Integer::from_double(value);
        const auto small = whole.small();
        return small ? std::hash<std::int64_t>()(*small) : whole.bits();
      }
      return std::hash<double>()(value);
    }
    case Kind::string:
      return std::hash<Text>()(key_text(key));
    case Kind::tuple: {
      std::size_t mixed = 17;
      for (const Value& item : key.items()) {
        TRY_ASSIGN(const std::size_t one, hash(item, depth + 1));
        mixed = mixed * 31 + one;
      }
      return mixed;
    }
    case Kind::list:
    case Kind::dict:
    case Kind::view:
      return type_error(fmt::format("unhashable type: '{}'", type_name(key)));
    case Kind::range:
      return static_cast<std::size_t>(key.as<RangeObject>().length);
    case Kind::method:
    case Kind::function:
      return unsupported("a function as a key");
    default:
      return reinterpret_cast<std::size_t>(key.held());
  }
}

Result<std::optional<std::size_t>> Machine::place(const DictObject& dict, const Value& key) {
  TRY_ASSIGN(const std::size_t hashed, hash(key));
  const auto same = [&](std::size_t at) -> Result<bool> {
    const Value& known = dict.items[at].first;
    if (known.is(Kind::undefined) != key.is(Kind::undefined)) return false;
    return equal(known, key);
  };
  if (dict.items.size() <= kIndexed) {
    for (std::size_t at = 0; at < dict.items.size(); ++at) {
      TRY_ASSIGN(const bool found, same(at));
      if (found) return std::optional(at);
    }
    return std::optional<std::size_t>();
  }
  const auto [first, last] = dict.places.equal_range(hashed);
  for (auto it = first; it != last; ++it) {
    TRY_ASSIGN(const bool found, same(it->second));
    if (found) return std::optional(it->second);
  }
  return std::optional<std::size_t>();
}

Result<std::optional<Value>> Machine::find(const DictObject& dict, const Value& key) {
  TRY_ASSIGN(const auto at, place(dict, key));
  return at ? std::optional(dict.items[*at].second) : std::nullopt;
}

std::optional<Value> Machine::find(const DictObject& dict, std::string_view key) {
  const auto found = find(dict, text(key));
  return found ? *found : std::nullopt;
}

Status Machine::set(DictObject& dict, const Value& key, const Value& value) {
  TRY_ASSIGN(const auto at, place(dict, key));
  if (at) {
    dict.items[*at].second = value;
    return {};
  }
  TRY_ASSIGN(const std::size_t hashed, hash(key));
  dict.items.emplace_back(key, value);
  heap_.charge(2 * sizeof(Value) + 32);
  if (dict.items.size() > kIndexed && dict.places.empty()) {
    for (std::size_t i = 0; i + 1 < dict.items.size(); ++i) {
      TRY_ASSIGN(const std::size_t other, hash(dict.items[i].first));
      dict.places.emplace(other, i);
    }
  }
  if (dict.items.size() > kIndexed) dict.places.emplace(hashed, dict.items.size() - 1);
  return {};
}

Result<std::optional<Value>> Machine::erase(DictObject& dict, const Value& key) {
  TRY_ASSIGN(const auto at, place(dict, key));
  if (!at) return std::optional<Value>();
  const Value value = dict.items[*at].second;
  TRY(tick(dict.items.size()));
  dict.items.erase(dict.items.begin() + static_cast<std::ptrdiff_t>(*at));
  dict.places.clear();
  for (std::size_t i = 0; dict.items.size() > kIndexed && i < dict.items.size(); ++i) {
    TRY_ASSIGN(const std::size_t other, hash(dict.items[i].first));
    dict.places.emplace(other, i);
  }
  return std::optional(value);
}

Result<DictObject*> Machine::dict_of(const Arguments& arguments) {
  DictObject* made = dict();
  if (arguments.values.size() > 1) {
    return type_error(fmt::format("dict expected at most 1 argument, got {}", arguments.values.size()));
  }
  if (!arguments.values.empty()) {
    const Value& from = arguments.values.front();
    if (from.is(Kind::dict)) {
      for (const auto& [key, value] : from.as<DictObject>().items) TRY(set(*made, key, value));
    } else {
      TRY_ASSIGN(const std::vector<Value> pairs, elements(from));
      for (const Value& pair : pairs) {
        TRY_ASSIGN(const std::vector<Value> both, elements(pair));
        if (both.size() != 2) return value_error("dictionary update sequence element has not the length 2");
        TRY(set(*made, both[0], both[1]));
      }
    }
  }
  for (const auto& [name, value] : arguments.keywords) TRY(set(*made, text(name), value));
  return made;
}

Result<std::int64_t> Machine::index_of(const Value& value) {
  if (value.is(Kind::integer) || value.is(Kind::boolean)) return value.as_integer();
  if (value.is(Kind::undefined)) return undefined_error(value);
  if (value.is(Kind::big)) return unsupported("an integer beyond 64 bits as an index or count");
  return type_error(fmt::format("'{}' object cannot be interpreted as an integer", type_name(value)));
}

Result<double> Machine::number_of(const Value& value) {
  if (value.is(Kind::undefined)) return undefined_error(value);
  if (!is_number(value)) return type_error(fmt::format("must be real number, not {}", type_name(value)));
  const auto number = double_of(value);
  if (!number) return raised("OverflowError: int too large to convert to float");
  return *number;
}

}  // namespace bantam::jinja
