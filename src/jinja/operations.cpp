// Arithmetic, items, slices and attributes.

#include <algorithm>
#include <cmath>
#include <limits>

#include "jinja/filters.hpp"
#include "jinja/machine.hpp"

namespace bantam::jinja {
namespace {

std::string_view sign_of(Operator op) {
  switch (op) {
    case Operator::add:
      return "+";
    case Operator::subtract:
      return "-";
    case Operator::multiply:
      return "*";
    case Operator::divide:
      return "/";
    case Operator::floor_divide:
      return "//";
    case Operator::modulo:
      return "%";
    default:
      return "** or pow()";
  }
}

Result<Value> integer_power(Machine& machine, const Integer& base, const Integer& exponent) {
  const auto count = exponent.small();
  if (exponent.is_negative() || !count) {
    if (!exponent.is_negative() && base.bits() <= 1) {  // 0, 1 and -1
      const bool odd = !Integer::floor_divide(exponent, Integer(2)).second.is_zero();
      return machine.integer(base.is_negative() && !odd ? -base : base);
    }
    return unsupported("an integer of more than 4,300 digits");
  }
  if (base.bits() > 1 && static_cast<std::size_t>(*count) > Integer::kMaxBits / (base.bits() - 1)) {
    return unsupported("an integer of more than 4,300 digits");
  }
  Integer result(1);
  Integer factor = base;
  for (std::int64_t left = *count; left > 0; left >>= 1) {
    if ((left & 1) != 0) result = result * factor;
    if (left > 1) factor = factor * factor;
    TRY(machine.tick(1 + factor.bits() / 64));
    if (factor.bits() > 2 * Integer::kMaxBits) return unsupported("an integer of more than 4,300 digits");
  }
  return machine.integer(result);
}

Result<Value> float_arithmetic(Operator op, double a, double b) {
  switch (op) {
    case Operator::add:
      return Value::real(a + b);
    case Operator::subtract:
      return Value::real(a - b);
    case Operator::multiply:
      return Value::real(a * b);
    case Operator::divide:
      if (b == 0) return raised("ZeroDivisionError: float division by zero");
      return Value::real(a / b);
    case Operator::floor_divide:
    case Operator::modulo: {
      if (b == 0) return raised("ZeroDivisionError: float floor division or modulo by zero");
      double rest = std::fmod(a, b);
      double quotient = (a - rest) / b;
      if (rest != 0) {
        if ((b < 0) != (rest < 0)) {
          rest += b;
          quotient -= 1;
        }
      } else {
        rest = std::copysign(0.0, b);
      }
      if (op == Operator::modulo) return Value::real(rest);
      if (quotient == 0) return Value::real(std::copysign(0.0, a / b));
      double whole = std::floor(quotient);
      if (quotient - whole > 0.5) whole += 1;
      return Value::real(whole);
    }
    default:
      break;
  }
  if (a == 0 && b < 0) return raised("ZeroDivisionError: 0.0 cannot be raised to a negative power");
  if (a < 0 && std::isfinite(a) && std::isfinite(b) && b != std::floor(b))
    return unsupported("complex numbers");
  const double power = std::pow(a, b);
  if (std::isinf(power) && std::isfinite(a) && std::isfinite(b))
    return raised("OverflowError: result too large");
  return Value::real(power);
}

Result<Value> integer_arithmetic(Machine& machine, Operator op, const Value& a, const Value& b) {
  const bool small = !a.is(Kind::big) && !b.is(Kind::big);
  std::int64_t out = 0;
  if (small && op == Operator::add && !__builtin_add_overflow(a.as_integer(), b.as_integer(), &out)) {
    return Value::integer(out);
  }
  if (small && op == Operator::subtract && !__builtin_sub_overflow(a.as_integer(), b.as_integer(), &out)) {
    return Value::integer(out);
  }
  if (small && op == Operator::multiply && !__builtin_mul_overflow(a.as_integer(), b.as_integer(), &out)) {
    return Value::integer(out);
  }
  const Integer left = integer_of(a);
  const Integer right = integer_of(b);
  if (left.bits() + right.bits() > Integer::kMaxBits && op != Operator::divide) {
    return unsupported("an integer of more than 4,300 digits");
  }
  switch (op) {
    case Operator::add:
      return machine.integer(left + right);
    case Operator::subtract:
      return machine.integer(left - right);
    case Operator::multiply:
      return machine.integer(left * right);
    case Operator::divide: {
      if (right.is_zero()) return raised("ZeroDivisionError: division by zero");
      const auto quotient = true_quotient(left, right);
      if (!quotient) return unsupported("a quotient beyond the range of floats");
      return Value::real(*quotient);
    }
    case Operator::floor_divide:
    case Operator::modulo: {
      if (right.is_zero()) return raised("ZeroDivisionError: integer division or modulo by zero");
      const auto [quotient, rest] = Integer::floor_divide(left, right);
      return machine.integer(op == Operator::modulo ? rest : quotient);
    }
    default:
      break;
  }
  if (right.is_negative()) {
    TRY_ASSIGN(const double x, machine.number_of(a));
    TRY_ASSIGN(const double y, machine.number_of(b));
    return float_arithmetic(op, x, y);
  }
  return integer_power(machine, left, right);
}

Result<Value> repeated(Machine& machine, const Value& sequence, const Value& count) {
  TRY_ASSIGN(const std::int64_t wanted, machine.index_of(count));
  const auto times = static_cast<std::size_t>(std::max<std::int64_t>(0, wanted));
  TRY_ASSIGN(const std::int64_t signed_length, machine.length(sequence));
  const auto length = static_cast<std::size_t>(signed_length);
  if (length > 0 && times > (std::size_t{1} << 40) / length) return unsupported("a sequence that long");
  TRY(machine.reserve(length * times, sequence.is(Kind::string) ? sizeof(char32_t) : sizeof(Value)));
  if (sequence.is(Kind::string)) {
    Text out;
    for (std::size_t i = 0; length > 0 && i < times; ++i) out += sequence.text();
    return machine.heap().string(std::move(out), sequence.is_markup());
  }
  std::vector<Value> out;
  for (std::size_t i = 0; length > 0 && i < times; ++i) {
    out.insert(out.end(), sequence.items().begin(), sequence.items().end());
  }
  return sequence.is(Kind::list) ? machine.list(std::move(out)) : machine.tuple(std::move(out));
}

Result<Value> added_texts(Machine& machine, const Value& a, const Value& b) {
  if (a.is_markup() == b.is_markup()) return machine.heap().string(a.text() + b.text(), a.is_markup());
  Arguments none;
  TRY_ASSIGN(const Value left, a.is_markup() ? Result<Value>(a) : apply_filter(machine, "escape", a, none));
  TRY_ASSIGN(const Value right, b.is_markup() ? Result<Value>(b) : apply_filter(machine, "escape", b, none));
  return machine.heap().string(left.text() + right.text(), true);
}

bool is_sequence(const Value& value) {
  return value.is(Kind::string) || value.is(Kind::list) || value.is(Kind::tuple);
}

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

}  // namespace

Result<Value> Machine::arithmetic(Operator op, const Value& a, const Value& b) {
  TRY(tick());
  for (const Value* value : {&a, &b}) {
    if (value->is(Kind::undefined) && !(op == Operator::modulo && a.is(Kind::string))) {
      return raised(value->as<UndefinedObject>().message);
    }
  }
  if (is_integer(a) && is_integer(b)) return integer_arithmetic(*this, op, a, b);
  if (is_number(a) && is_number(b)) {
    TRY_ASSIGN(const double x, number_of(a));
    TRY_ASSIGN(const double y, number_of(b));
    return float_arithmetic(op, x, y);
  }
  if (op == Operator::add) {
    if (a.is(Kind::string) && b.is(Kind::string)) {
      TRY(tick((a.text().size() + b.text().size()) / 8));
      return added_texts(*this, a, b);
    }
    if (a.kind() == b.kind() && is_sequence(a)) {
      std::vector<Value> items = a.items();
      items.insert(items.end(), b.items().begin(), b.items().end());
      TRY(tick(items.size()));
      return a.is(Kind::list) ? list(std::move(items)) : tuple(std::move(items));
    }
    if (a.is_markup() || b.is_markup()) return unsupported("'+' of Markup and another type");
  }
  if (op == Operator::multiply && is_sequence(a) && is_integer(b)) return repeated(*this, a, b);
  if (op == Operator::multiply && is_sequence(b) && is_integer(a)) return repeated(*this, b, a);
  if (op == Operator::modulo && a.is(Kind::string)) return percent_format(a, b);
  if (a.is(Kind::view) && b.is(Kind::view)) return unsupported("'-' of keys() or items()");
  return type_error(fmt::format("unsupported operand type(s) for {}: '{}' and '{}'", sign_of(op),
                                type_name(a), type_name(b)));
}

Result<Value> Machine::negative(const Value& value, bool minus) {
  if (value.is(Kind::undefined)) return raised(value.as<UndefinedObject>().message);
  if (value.is(Kind::real)) return Value::real(minus ? -value.as_real() : value.as_real());
  if (is_integer(value)) return integer(minus ? -integer_of(value) : integer_of(value));
  return type_error(fmt::format("bad operand type for unary {}: '{}'", minus ? '-' : '+', type_name(value)));
}

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

namespace {

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

Result<Value> Machine::call(const Value& callee, Arguments arguments) {
  TRY(tick());
  switch (callee.kind()) {
    case Kind::undefined:
      return raised(callee.as<UndefinedObject>().message);
    case Kind::macro:
      return caller_->call_macro(callee, std::move(arguments));
    case Kind::loop:
      return caller_->call_loop(callee, std::move(arguments));
    case Kind::function:
      return call_function(*this, callee.as<FunctionObject>().name, std::move(arguments));
    case Kind::method: {
      const auto& method = callee.as<MethodObject>();
      if (method.self.is(Kind::loop)) {
        return caller_->call_loop_method(method.self, method.name, std::move(arguments));
      }
      return call_method(*this, method.self, method.name, std::move(arguments));
    }
    case Kind::joiner: {
      TRY(expect_count("joiner", arguments, 0, 0));
      auto& joiner = callee.as<JoinerObject>();
      if (std::exchange(joiner.used, true)) return joiner.separator;
      return text("");
    }
    default:
      return type_error(fmt::format("'{}' object is not callable", type_name(callee)));
  }
}

Result<std::vector<std::optional<Value>>> bind(std::string_view function, const Arguments& arguments,
                                               std::initializer_list<std::string_view> parameters,
                                               std::size_t required) {
  std::vector<std::optional<Value>> bound(parameters.size());
  if (arguments.values.size() > parameters.size()) {
    return type_error(fmt::format("{}() takes at most {} arguments", function, parameters.size()));
  }
  for (std::size_t i = 0; i < arguments.values.size(); ++i) bound[i] = arguments.values[i];
  for (const auto& [name, value] : arguments.keywords) {
    const auto* found = std::find(parameters.begin(), parameters.end(), name);
    if (found == parameters.end()) {
      return type_error(fmt::format("{}() got an unexpected keyword argument '{}'", function, name));
    }
    auto& place = bound[static_cast<std::size_t>(found - parameters.begin())];
    if (place) return type_error(fmt::format("{}() got multiple values for argument '{}'", function, name));
    place = value;
  }
  for (std::size_t i = 0; i < required; ++i) {
    if (!bound[i]) {
      return type_error(
          fmt::format("{}() missing required argument '{}'", function, *(parameters.begin() + i)));
    }
  }
  return bound;
}

Status expect_count(std::string_view function, const Arguments& arguments, std::size_t least,
                    std::size_t most) {
  if (!arguments.keywords.empty())
    return type_error(fmt::format("{}() takes no keyword arguments", function));
  if (arguments.values.size() >= least && arguments.values.size() <= most) return {};
  return type_error(fmt::format("{}() takes {} to {} arguments ({} given)", function, least, most,
                                arguments.values.size()));
}

}  // namespace bantam::jinja
