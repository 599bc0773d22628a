// Methods of Python's str, list, tuple, dict, int and float, and the environment's functions.

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <limits>

#include "jinja/filters.hpp"
#include "jinja/machine.hpp"
#include "jinja/text_methods.hpp"

namespace bantam::jinja {
namespace {

using Names = std::initializer_list<std::string_view>;

bool is_one_of(std::string_view name, Names names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Result<Value> list_method(Machine& machine, const Value& self, const std::string& name,
                          const Arguments& given) {
  std::vector<Value>& items = self.items();
  const auto position = [&](const Value& wanted, std::size_t from,
                            std::size_t to) -> Result<std::optional<std::size_t>> {
    for (std::size_t i = from; i < std::min(to, items.size()); ++i) {
      const bool identical = wanted.kind() >= Kind::string && items[i].kind() == wanted.kind() &&
                             items[i].held() == wanted.held();
      TRY_ASSIGN(const bool same, identical ? Result<bool>(true) : machine.equal(items[i], wanted));
      if (same) return std::optional(i);
    }
    return std::optional<std::size_t>();
  };
  if (name == "index") {
    TRY(expect_count(name, given, 1, 3));
    const auto bound = [&](std::size_t at, std::int64_t otherwise) -> Result<std::size_t> {
      std::int64_t value = otherwise;
      if (given.values.size() > at) {
        TRY_ASSIGN(value, machine.index_of(given.values[at]));
      }
      if (value < 0) value = std::max<std::int64_t>(0, value + static_cast<std::int64_t>(items.size()));
      return static_cast<std::size_t>(value);
    };
    TRY_ASSIGN(const std::size_t from, bound(1, 0));
    TRY_ASSIGN(const std::size_t to, bound(2, std::numeric_limits<std::int64_t>::max()));
    TRY_ASSIGN(const auto found, position(given.values[0], from, to));
    if (found) return Value::integer(static_cast<std::int64_t>(*found));
    std::string shown;
    if (const auto text = machine.repr(given.values[0])) shown = utf8(*text) + " ";
    return value_error(fmt::format("{}is not in {}", shown, type_name(self)));
  }
  if (name == "count") {
    TRY(expect_count(name, given, 1, 1));
    std::int64_t count = 0;
    for (std::size_t i = 0; i < items.size(); ++i) {
      TRY_ASSIGN(const auto found, position(given.values[0], i, i + 1));
      if (found) ++count;
    }
    return Value::integer(count);
  }
  if (self.is(Kind::tuple)) return unsupported(fmt::format("method '{}' of a tuple", name));
  if (name == "copy") {
    TRY(expect_count(name, given, 0, 0));
    return machine.list(items);
  }
  if (name == "append" || name == "extend") {
    TRY(expect_count(name, given, 1, 1));
    std::vector<Value> more{given.values[0]};
    if (name == "extend") {
      TRY_ASSIGN(more, machine.elements(given.values[0]));
    }
    items.insert(items.end(), more.begin(), more.end());
    machine.heap().charge(2 * more.size() * sizeof(Value));
    return Value::none();
  }
  if (name == "clear" || name == "reverse") {
    TRY(expect_count(name, given, 0, 0));
    if (name == "clear") {
      items.clear();
    } else {
      std::reverse(items.begin(), items.end());
    }
    return Value::none();
  }
  if (name == "insert" || name == "pop") {
    TRY(expect_count(name, given, name == "pop" ? 0 : 2, name == "pop" ? 1 : 2));
    const auto size = static_cast<std::int64_t>(items.size());
    std::int64_t at = size - 1;
    if (!given.values.empty()) {
      TRY_ASSIGN(at, machine.index_of(given.values[0]));
      if (at < 0) at += size;
    }
    if (name == "insert") {
      at = std::clamp<std::int64_t>(at, 0, size);
      items.insert(items.begin() + at, given.values[1]);
      machine.heap().charge(2 * sizeof(Value));
      return Value::none();
    }
    if (at < 0 || at >= size) return raised("IndexError: pop index out of range");
    const Value taken = items[static_cast<std::size_t>(at)];
    items.erase(items.begin() + at);
    return taken;
  }
  if (name == "remove") {
    TRY(expect_count(name, given, 1, 1));
    TRY_ASSIGN(const auto found, position(given.values[0], 0, items.size()));
    if (!found) return value_error("list.remove(x): x not in list");
    items.erase(items.begin() + static_cast<std::ptrdiff_t>(*found));
    return Value::none();
  }
  return unsupported(fmt::format("method '{}' of a list", name));
}

Value view(Machine& machine, DictObject& dict, ViewObject::What what) {
  auto* made = machine.heap().make<ViewObject>();
  made->dict = &dict;
  made->what = what;
  return Value::object(Kind::view, made);
}

Result<Value> dict_method(Machine& machine, const Value& self, const std::string& name,
                          const Arguments& given) {
  auto& dict = self.as<DictObject>();
  if (name == "items" || name == "keys" || name == "values" || name == "copy" || name == "clear") {
    TRY(expect_count(name, given, 0, 0));
    if (name == "items") return view(machine, dict, ViewObject::What::items);
    if (name == "keys") return view(machine, dict, ViewObject::What::keys);
    if (name == "values") return view(machine, dict, ViewObject::What::values);
    if (name == "copy") {
      TRY_ASSIGN(DictObject * made, machine.dict_of({{self}, {}}));
      return Value::object(Kind::dict, made);
    }
    dict.items.clear();
    dict.places.clear();
    return Value::none();
  }
  if (name == "get" || name == "setdefault") {
    TRY(expect_count(name, given, 1, 2));
    TRY_ASSIGN(const auto found, machine.find(dict, given.values[0]));
    if (found) return *found;
    const Value otherwise = given.values.size() > 1 ? given.values[1] : Value::none();
    if (name == "setdefault") TRY(machine.set(dict, given.values[0], otherwise));
    return otherwise;
  }
  if (name == "pop") {
    TRY(expect_count(name, given, 1, 2));
    TRY_ASSIGN(const auto found, machine.erase(dict, given.values[0]));
    if (found) return *found;
    if (given.values.size() > 1) return given.values[1];
    return raised("KeyError: the key of pop() is not there");
  }
  if (name == "popitem") {
    TRY(expect_count(name, given, 0, 0));
    if (dict.items.empty()) return raised("KeyError: 'popitem(): dictionary is empty'");
    const auto last = dict.items.back();
    TRY(machine.erase(dict, last.first));
    return machine.tuple({last.first, last.second});
  }
  if (name == "update") {
    TRY_ASSIGN(const DictObject* more, machine.dict_of(given));
    for (const auto& [key, value] : more->items) TRY(machine.set(dict, key, value));
    return Value::none();
  }
  return unsupported(fmt::format("method '{}' of a dict", name));
}

Result<Value> number_method(Machine& machine, const Value& self, const std::string& name,
                            const Arguments& given) {
  TRY(expect_count(name, given, 0, 0));
  if (name == "bit_length" && is_integer(self))
    return Value::integer(static_cast<std::int64_t>(integer_of(self).bits()));
  if (name == "conjugate") return is_integer(self) ? machine.integer(integer_of(self)) : self;
  if (name == "is_integer" && self.is(Kind::real)) {
    return Value::boolean(std::isfinite(self.as_real()) && self.as_real() == std::floor(self.as_real()));
  }
  return unsupported(fmt::format("method '{}' of a number", name));
}

Result<Value> make_range(Machine& machine, const Arguments& given) {
  TRY(expect_count("range", given, 1, 3));
  std::vector<std::int64_t> bounds;
  for (const Value& value : given.values) {
    TRY_ASSIGN(const std::int64_t bound, machine.index_of(value));
    if (bound > std::int64_t{1} << 60 || bound < -(std::int64_t{1} << 60))
      return unsupported("a range that far out");
    bounds.push_back(bound);
  }
  auto* made = machine.heap().make<RangeObject>();
  made->start = bounds.size() > 1 ? bounds[0] : 0;
  made->stop = bounds.size() > 1 ? bounds[1] : bounds[0];
  made->step = bounds.size() > 2 ? bounds[2] : 1;
  if (made->step == 0) return value_error("range() arg 3 must not be zero");
  if (made->step > 0 && made->start < made->stop)
    made->length = (made->stop - made->start - 1) / made->step + 1;
  if (made->step < 0 && made->start > made->stop)
    made->length = (made->start - made->stop - 1) / -made->step + 1;
  if (machine.is_chat() && made->length > 100'000) {
    return raised("OverflowError: range() of more than 100000 values");
  }
  return Value::object(Kind::range, made);
}

Result<Value> strftime_now(Machine& machine, const Arguments& given) {
  TRY_ASSIGN(const auto bound, bind("strftime_now", given, {"format"}, 1));
  if (!bound[0]->is(Kind::string)) return type_error("strftime() argument 1 must be str");
  const std::string format = utf8(bound[0]->text());
  if (format.empty()) return machine.text("");
  const std::time_t now = machine.limits().now.value_or(std::time(nullptr));
  std::tm parts{};
  if (localtime_r(&now, &parts) == nullptr) return unsupported("this clock");
  std::string out(format.size() * 32 + 64, '\0');
  out.resize(std::strftime(out.data(), out.size(), format.c_str(), &parts));
  return machine.text(out);
}

}  // namespace

bool has_method(const Value& value, std::string_view name) {
  switch (value.kind()) {
    case Kind::string:
      return is_one_of(
                 name,
                 {"capitalize",   "casefold",    "center",    "count",      "encode",       "endswith",
                  "expandtabs",   "find",        "format",    "format_map", "index",        "isalnum",
                  "isalpha",      "isascii",     "isdecimal", "isdigit",    "isidentifier", "islower",
                  "isnumeric",    "isprintable", "isspace",   "istitle",    "isupper",      "join",
                  "ljust",        "lower",       "lstrip",    "maketrans",  "partition",    "removeprefix",
                  "removesuffix", "replace",     "rfind",     "rindex",     "rjust",        "rpartition",
                  "rsplit",       "rstrip",      "split",     "splitlines", "startswith",   "strip",
                  "swapcase",     "title",       "translate", "upper",      "zfill"}) ||
             (value.is_markup() && is_one_of(name, {"unescape", "striptags", "escape"}));
    case Kind::list:
      return is_one_of(name, {"append", "clear", "copy", "count", "extend", "index", "insert", "pop",
                              "remove", "reverse", "sort"});
    case Kind::tuple:
      return is_one_of(name, {"count", "index"});
    case Kind::dict:
      return is_one_of(name, {"clear", "copy", "fromkeys", "get", "items", "keys", "pop", "popitem",
                              "setdefault", "update", "values"});
    case Kind::range:
      return is_one_of(name, {"count", "index"});
    case Kind::view:
      return is_one_of(name, {"isdisjoint", "mapping"});
    case Kind::boolean:
    case Kind::integer:
    case Kind::big:
      return is_one_of(
          name, {"as_integer_ratio", "bit_count", "bit_length", "conjugate", "from_bytes", "to_bytes"});
    case Kind::real:
      return is_one_of(name, {"as_integer_ratio", "conjugate", "fromhex", "hex", "is_integer"});
    case Kind::cycler:
      return is_one_of(name, {"next", "reset"});
    default:
      return false;
  }
}

bool changes_value(const Value& value, std::string_view name) {
  if (value.is(Kind::list)) {
    return is_one_of(name, {"append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove"});
  }
  return value.is(Kind::dict) && is_one_of(name, {"clear", "pop", "popitem", "setdefault", "update"});
}

Result<Value> call_method(Machine& machine, const Value& self, const std::string& name, Arguments arguments) {
  switch (self.kind()) {
    case Kind::string:
      return text_method(machine, self, name, arguments);
    case Kind::list:
    case Kind::tuple:
      return list_method(machine, self, name, arguments);
    case Kind::dict:
      return dict_method(machine, self, name, arguments);
    case Kind::boolean:
    case Kind::integer:
    case Kind::big:
    case Kind::real:
      return number_method(machine, self, name, arguments);
    case Kind::cycler: {
      auto& cycler = self.as<CyclerObject>();
      TRY(expect_count(name, arguments, 0, 0));
      if (name == "reset") {
        cycler.at = 0;
        return Value::none();
      }
      const Value now = cycler.items[cycler.at];
      cycler.at = (cycler.at + 1) % cycler.items.size();
      return now;
    }
    default:
      return unsupported(fmt::format("method '{}' of a {}", name, type_name(self)));
  }
}

bool is_function(std::string_view name, Dialect dialect) {
  if (is_one_of(name, {"range", "dict", "lipsum", "cycler", "joiner", "namespace"})) return true;
  return dialect == Dialect::chat && is_one_of(name, {"raise_exception", "strftime_now"});
}

Result<Value> call_function(Machine& machine, const std::string& name, Arguments given) {
  if (name == "range") return make_range(machine, given);
  if (name == "dict" || name == "namespace") {
    TRY_ASSIGN(DictObject * made, machine.dict_of(given));
    if (name == "dict") return Value::object(Kind::dict, made);
    auto* space = machine.heap().make<SpaceObject>();
    space->attributes = made;
    return Value::object(Kind::space, space);
  }
  if (name == "cycler") {
    if (!given.keywords.empty()) return type_error("cycler() takes no keyword arguments");
    if (given.values.empty()) return raised("RuntimeError: at least one item has to be provided");
    auto* made = machine.heap().make<CyclerObject>();
    made->items = std::move(given.values);
    return Value::object(Kind::cycler, made);
  }
  if (name == "joiner") {
    TRY_ASSIGN(const auto bound, bind(name, given, {"sep"}));
    auto* made = machine.heap().make<JoinerObject>();
    made->separator = bound[0].value_or(machine.text(", "));
    return Value::object(Kind::joiner, made);
  }
  if (name == "raise_exception") {
    TRY_ASSIGN(const auto bound, bind(name, given, {"message"}, 1));
    TRY_ASSIGN(const Text message, machine.str(*bound[0]));
    return raised(std::string(kRefusal) + utf8(message));
  }
  if (name == "strftime_now") return strftime_now(machine, given);
  return unsupported(fmt::format("function '{}'", name));
}

}  // namespace bantam::jinja
