// Parts of values: slices, items and attributes.

#include <algorithm>
#include <limits>

#include "jinja/machine.hpp"

namespace bantam::jinja {
namespace {

// The indices of a slice of `length` elements, as Python's slice.indices() has them.
struct Bounds {
  std::int64_t start = 0;
  std::int64_t stop = 0;
  std::int64_t step = 1;
};

std::int64_t bound(std::int64_t given, std::int64_t length, bool backwards) {
  if (given < 0) {
    given += length;
    return given < 0 ? (backwards ? -1 : 0) : given;
  }
  return given >= length ? (backwards ? length - 1 : length) : given;
}

Result<std::optional<std::int64_t>> slice_part(const Value& value) {
  if (value.is(Kind::none) || value.is(Kind::missing)) return std::optional<std::int64_t>();
  if (value.is(Kind::big)) {
    return std::optional(value.as<BigObject>().number.is_negative()
                             ? std::numeric_limits<std::int64_t>::min() / 2
                             : std::numeric_limits<std::int64_t>::max() / 2);
  }
  if (value.is(Kind::integer) || value.is(Kind::boolean)) return std::optional(value.as_integer());
  if (value.is(Kind::undefined)) return type_error(value.as<UndefinedObject>().message);
  return type_error("slice indices must be integers or None or have an __index__ method");
}

Result<Bounds> bounds_of(std::int64_t length, const Value& start, const Value& stop, const Value& step) {
  Bounds made;
  TRY_ASSIGN(const auto given_step, slice_part(step));
  TRY_ASSIGN(const auto given_start, slice_part(start));
  TRY_ASSIGN(const auto given_stop, slice_part(stop));
  made.step = given_step.value_or(1);
  if (made.step == 0) return value_error("slice step cannot be zero");
  made.step = std::clamp<std::int64_t>(made.step, -(std::int64_t{1} << 40), std::int64_t{1} << 40);
  const bool backwards = made.step < 0;
  made.start = given_start ? bound(*given_start, length, backwards) : backwards ? length - 1 : 0;
  made.stop = given_stop ? bound(*given_stop, length, backwards) : backwards ? -1 : length;
  return made;
}

// object[key] in Python; absent for a TypeError or LookupError.
Result<std::optional<Value>> python_item(Machine& machine, const Value& object, const Value& key) {
  using Found = std::optional<Value>;
  if (object.is(Kind::dict)) {
    if (key.is(Kind::list) || key.is(Kind::dict)) return Found();
    if (key.is(Kind::tuple)) {
      auto hashed = machine.hash(key);
      if (!hashed && hashed.error().message.starts_with("TypeError")) return Found();
    }
    return machine.find(object.as<DictObject>(), key);
  }
  const bool sequence = is_sequence(object) || object.is(Kind::range);
  if (!sequence) return Found();
  if (key.is(Kind::undefined)) return Found();
  if (key.is(Kind::big)) return Found();
  if (!key.is(Kind::integer) && !key.is(Kind::boolean)) return Found();
  TRY_ASSIGN(const std::int64_t count, machine.length(object));
  std::int64_t at = key.as_integer();
  if (at < 0) at += count;
  if (at < 0 || at >= count) return Found();
  const auto index = static_cast<std::size_t>(at);
  if (object.is(Kind::string))
    return Found(machine.heap().string(Text(1, object.text()[index]), object.is_markup()));
  if (object.is(Kind::range)) {
    const auto& range = object.as<RangeObject>();
    return Found(Value::integer(range.start + at * range.step));
  }
  return Found(object.items()[index]);
}

std::string object_name(const Value& object) {
  if (object.is(Kind::none)) return "None";
  return fmt::format("{} object", type_name(object));
}

}  // namespace

Result<Value> Machine::slice(const Value& object, const Value& start, const Value& stop, const Value& step) {
  if (object.is(Kind::undefined)) return raised(object.as<UndefinedObject>().message);
  if (object.is(Kind::range)) return unsupported("a slice of range()");
  if (!is_sequence(object))
    return type_error(fmt::format("'{}' object is not subscriptable", type_name(object)));
  TRY_ASSIGN(const std::int64_t count, length(object));
  TRY_ASSIGN(const Bounds bounds, bounds_of(count, start, stop, step));
  TRY(tick(static_cast<std::size_t>(count) / 8));
  Text text_out;
  std::vector<Value> items_out;
  for (std::int64_t at = bounds.start; bounds.step > 0 ? at < bounds.stop : at > bounds.stop;
       at += bounds.step) {
    const auto index = static_cast<std::size_t>(at);
    if (object.is(Kind::string)) {
      text_out += object.text()[index];
    } else {
      items_out.push_back(object.items()[index]);
    }
  }
  if (object.is(Kind::string)) return heap_.string(std::move(text_out), object.is_markup());
  return object.is(Kind::list) ? list(std::move(items_out)) : tuple(std::move(items_out));
}

std::optional<Value> Machine::special_attribute(const Value& object, const std::string& name) {
  if (object.is(Kind::space)) return find(*object.as<SpaceObject>().attributes, name);
  if (object.is(Kind::cycler)) {
    const auto& cycler = object.as<CyclerObject>();
    if (name == "current") return cycler.items[cycler.at];
    if (name == "pos") return Value::integer(static_cast<std::int64_t>(cycler.at));
    if (name == "items") return tuple(cycler.items);
  }
  if (object.is(Kind::tuple) && object.as<ListObject>().group) {
    if (name == "grouper") return object.items()[0];
    if (name == "list") return object.items()[1];
  }
  if (object.is(Kind::range)) {
    const auto& range = object.as<RangeObject>();
    if (name == "start") return Value::integer(range.start);
    if (name == "stop") return Value::integer(range.stop);
    if (name == "step") return Value::integer(range.step);
  }
  if (is_number(object)) {
    if (name == "real") return is_integer(object) ? integer(integer_of(object)) : object;
    if (name == "imag") return is_integer(object) ? Value::integer(0) : Value::real(0);
    if (name == "numerator" && is_integer(object)) return integer(integer_of(object));
    if (name == "denominator" && is_integer(object)) return Value::integer(1);
  }
  return std::nullopt;
}

// An attribute as Python's getattr gives it; missing when there is none.
Result<Value> Machine::method_or_item(const Value& object, const std::string& name) {
  if (object.is(Kind::undefined)) return raised(object.as<UndefinedObject>().message);
  if (object.is(Kind::loop)) return caller_->loop_attribute(object, name);
  if (const auto found = special_attribute(object, name)) {
    if (object.is(Kind::space) && is_chat() && name.starts_with('_')) {
      return undefined(
          fmt::format("access to attribute '{}' of '{}' object is unsafe.", name, type_name(object)));
    }
    return *found;
  }
  if (name.starts_with("__") && !object.is(Kind::space)) {
    return unsupported(fmt::format("attribute '{}' of a {}", name, type_name(object)));
  }
  if (has_method(object, name)) {
    if (is_chat() && changes_value(object, name)) {
      return undefined(
          fmt::format("access to attribute '{}' of '{}' object is unsafe.", name, type_name(object)));
    }
    auto* made = heap_.make<MethodObject>(name.size());
    made->self = object;
    made->name = name;
    return Value::object(Kind::method, made);
  }
  switch (object.kind()) {
    case Kind::macro:
    case Kind::function:
    case Kind::method:
    case Kind::iterator:
    case Kind::joiner:
      return unsupported(fmt::format("attribute '{}' of a {}", name, type_name(object)));
    default:
      return Value();
  }
}

Result<Value> Machine::attribute(const Value& object, const std::string& name) {
  TRY_ASSIGN(const Value found, method_or_item(object, name));
  if (!found.is(Kind::missing)) return found;
  TRY_ASSIGN(const auto element, python_item(*this, object, text(name)));
  if (element) return *element;
  return undefined(fmt::format("'{}' has no attribute '{}'", object_name(object), name));
}

Result<Value> Machine::item(const Value& object, const Value& key) {
  if (object.is(Kind::undefined)) return raised(object.as<UndefinedObject>().message);
  TRY_ASSIGN(const auto element, python_item(*this, object, key));
  if (element) return *element;
  if (key.is(Kind::string)) {
    TRY_ASSIGN(const Value found, method_or_item(object, utf8(key.text())));
    if (!found.is(Kind::missing)) return found;
    return undefined(fmt::format("'{}' has no attribute '{}'", object_name(object), utf8(key.text())));
  }
  std::string shown = "...";
  if (auto text_key = repr(key)) shown = utf8(*text_key);
  return undefined(fmt::format("{} has no element {}", object_name(object), shown));
}

}  // namespace bantam::jinja
