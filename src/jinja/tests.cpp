#include <algorithm>
#include <array>

#include "jinja/filters.hpp"

namespace bantam::jinja {
namespace {

constexpr std::array<std::string_view, 39> kTests{
    "odd",     "even",   "divisibleby", "defined",  "undefined", "filter", "test",    "none",
    "boolean", "false",  "true",        "integer",  "float",     "lower",  "upper",   "string",
    "mapping", "number", "sequence",    "iterable", "callable",  "sameas", "escaped", "in",
    "==",      "eq",     "equalto",     "!=",       "ne",        ">",      "gt",      "greaterthan",
    "ge",      ">=",     "<",           "lt",       "lessthan",  "<=",     "le"};

std::optional<Operator> comparison_of(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, Operator>, 16> kNames{{{"==", Operator::eq},
                                                                          {"eq", Operator::eq},
                                                                          {"equalto", Operator::eq},
                                                                          {"!=", Operator::ne},
                                                                          {"ne", Operator::ne},
                                                                          {">", Operator::gt},
                                                                          {"gt", Operator::gt},
                                                                          {"greaterthan", Operator::gt},
                                                                          {"ge", Operator::ge},
                                                                          {">=", Operator::ge},
                                                                          {"<", Operator::lt},
                                                                          {"lt", Operator::lt},
                                                                          {"lessthan", Operator::lt},
                                                                          {"<=", Operator::le},
                                                                          {"le", Operator::le},
                                                                          {"in", Operator::in}}};
  for (const auto& [known, op] : kNames) {
    if (known == name) return op;
  }
  return std::nullopt;
}

Result<bool> rest_is(Machine& machine, const Value& value, const Value& divisor, std::int64_t wanted) {
  TRY_ASSIGN(const Value rest, machine.arithmetic(Operator::modulo, value, divisor));
  return machine.equal(rest, Value::integer(wanted));
}

Result<bool> same_object(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::none:
      return true;
    case Kind::boolean:
      return a.as_bool() == b.as_bool();
    case Kind::integer:
      if (a.as_integer() != b.as_integer()) return false;
      if (a.as_integer() >= -5 && a.as_integer() <= 256) return true;  // CPython keeps one of each of these
      break;
    case Kind::string:
      if (!same_text(a.text(), b.text())) return false;
      break;
    case Kind::real:
      if (a.as_real() != b.as_real()) return false;
      break;
    case Kind::list:
    case Kind::dict:
    case Kind::space:
      return a.held() == b.held();
    default:
      break;
  }
  return unsupported(fmt::format("test 'sameas' of two equal values of type {}", type_name(a)));
}

Result<bool> has_case(Machine& machine, const Value& value, const std::string& method) {
  TRY_ASSIGN(Text text, machine.str(value));
  TRY_ASSIGN(const Value answer, call_method(machine, machine.text(std::move(text)), method, {}));
  return answer.as_bool();
}

Result<bool> is_name(Machine& machine, const Value& value, bool filter) {
  TRY(machine.hash(value));
  if (!value.is(Kind::string)) return false;
  const std::string name = utf8(value.text());
  if (filter && name == "regex_replace" && machine.is_chat()) return false;
  return (filter ? known_filter(name) : known_test(name)) != Known::no;
}

}  // namespace

Known known_test(std::string_view name) {
  return std::find(kTests.begin(), kTests.end(), name) != kTests.end() ? Known::yes : Known::no;
}

Result<bool> apply_test(Machine& machine, std::string_view name, const Value& value, Arguments given) {
  TRY(machine.tick());
  if (known_test(name) == Known::no) return raised(fmt::format("No test named '{}'.", name));
  if (const auto op = comparison_of(name)) {
    TRY(expect_count(name, given, 1, 1));
    return machine.compare(*op, value, given.values[0]);
  }
  if (name == "divisibleby" || name == "sameas") {
    TRY_ASSIGN(const auto bound, bind(name, given, {name == "sameas" ? "other" : "num"}, 1));
    if (name == "sameas") return same_object(value, *bound[0]);
    return rest_is(machine, value, *bound[0], 0);
  }
  TRY(expect_count(name, given, 0, 0));
  const Kind kind = value.kind();
  const bool strict = kind == Kind::undefined && value.as<UndefinedObject>().strict;
  if (name == "odd") return rest_is(machine, value, Value::integer(2), 1);
  if (name == "even") return rest_is(machine, value, Value::integer(2), 0);
  if (name == "defined") return kind != Kind::undefined;
  if (name == "undefined") return kind == Kind::undefined;
  if (name == "filter" || name == "test") return is_name(machine, value, name == "filter");
  if (name == "none") return kind == Kind::none;
  if (name == "boolean") return kind == Kind::boolean;
  if (name == "true") return kind == Kind::boolean && value.as_bool();
  if (name == "false") return kind == Kind::boolean && !value.as_bool();
  if (name == "integer") return kind == Kind::integer || kind == Kind::big;
  if (name == "float") return kind == Kind::real;
  if (name == "number") return is_number(value);
  if (name == "string") return kind == Kind::string;
  if (name == "mapping") return kind == Kind::dict;
  if (name == "lower") return has_case(machine, value, "islower");
  if (name == "upper") return has_case(machine, value, "isupper");
  if (name == "callable") return Machine::is_callable(value);
  if (name == "escaped") return value.is_markup();
  if (name == "sequence") {
    return kind == Kind::string || kind == Kind::list || kind == Kind::tuple || kind == Kind::dict ||
           kind == Kind::range || (kind == Kind::undefined && !strict);
  }
  if (strict) return raised(value.as<UndefinedObject>().message);  // iterable
  return Machine::is_iterable(value);
}

}  // namespace bantam::jinja
