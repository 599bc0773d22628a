// Comparisons of values: ==, < and `in`.

#include <algorithm>
#include <cmath>

#include "jinja/machine.hpp"
#include "jinja/value_errors.hpp"

namespace bantam::jinja {
namespace {

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

}  // namespace

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

}  // namespace bantam::jinja
