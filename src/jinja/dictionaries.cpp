// Dictionaries, and the hashes of their keys.

#include <cmath>

#include "jinja/machine.hpp"
#include "jinja/value_errors.hpp"

namespace bantam::jinja {
namespace {

constexpr std::size_t kIndexed = 8;  // dictionaries of more elements have an index

Text key_text(const Value& value) {
  Text out = value.text();
  for (char32_t& c : out) c = plain(c);
  return out;
}

}  // namespace

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

}  // namespace bantam::jinja
