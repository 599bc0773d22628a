// Arithmetic of numbers and sequences.

#include <algorithm>
#include <cmath>

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

}  // namespace bantam::jinja
