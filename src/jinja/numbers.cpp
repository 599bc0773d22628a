#include "jinja/numbers.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "base/text.hpp"
#include "text/python_text.hpp"
#include "text/unicode.hpp"

namespace bantam::jinja {
namespace {

// Digits of any script as ASCII and white space beyond ASCII as a blank; what is no ASCII otherwise becomes
// '?'. Outer blanks are C's: int() and float() of Python refuse U+001C to U+001F, which str.strip() takes
// away.
std::string ascii_number(TextView text) {
  constexpr std::string_view kBlanks = " \t\n\v\f\r";
  std::string out;
  for (const char32_t marked : text) {
    const char32_t c = plain(marked);
    const int digit = text::decimal_value(c);
    if (digit >= 0) {
      out += static_cast<char>('0' + digit);
    } else if (c < 0x7f && c != 0) {
      out += static_cast<char>(c);
    } else {
      out += c > 0x7f && text::is_space(c) ? ' ' : '?';
    }
  }
  const std::size_t begin = out.find_first_not_of(kBlanks);
  if (begin == std::string::npos) return {};
  return out.substr(begin, out.find_last_not_of(kBlanks) + 1 - begin);
}

// Takes single underscores between digits away; absent where one stands elsewhere.
std::optional<std::string> without_underscores(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      out += text[i];
      continue;
    }
    const auto is_digit = [&](std::size_t at) {
      return at < text.size() && text[at] < 0x7f && text::is_alnum(static_cast<unsigned char>(text[at]));
    };
    if (i == 0 || !is_digit(i - 1) || !is_digit(i + 1)) return std::nullopt;
  }
  return out;
}

double rounded(double value, std::int64_t digits) {
  if (!std::isfinite(value) || digits > 330) return value;
  char buffer[1024];
  if (digits >= 0) {
    std::snprintf(buffer, sizeof buffer, "%.*f", static_cast<int>(digits), value);
    return std::strtod(buffer, nullptr);
  }
  if (value == 0 || digits < -330) return std::copysign(0.0, value);
  const double magnitude = std::fabs(value);
  std::snprintf(buffer, sizeof buffer, "%.17e", magnitude);
  const int exponent = std::atoi(std::string(buffer).substr(std::string(buffer).find('e') + 1).c_str());
  const std::int64_t kept = exponent + digits;
  double out = 0;
  if (kept >= 0) {
    std::snprintf(buffer, sizeof buffer, "%.*e", static_cast<int>(kept), magnitude);
    out = std::strtod(buffer, nullptr);
  } else if (kept == -1) {
    const std::string unit = fmt::format("1e{}", -digits);
    const std::string half = fmt::format("5e{}", -digits - 1);
    if (magnitude > std::strtod(half.c_str(), nullptr)) out = std::strtod(unit.c_str(), nullptr);
  }
  return std::copysign(out, value);
}

// An integer to a multiple of a power of ten, half to even.
Integer rounded(const Integer& value, std::int64_t power) {
  Integer unit(1);
  for (std::int64_t i = 0; i < power; ++i) unit = unit * Integer(10);
  const auto [quotient, rest] = Integer::floor_divide(value, unit);
  const Integer twice = rest * Integer(2);
  const bool odd = !Integer::floor_divide(quotient, Integer(2)).second.is_zero();
  const bool up = twice > unit || (twice == unit && odd);
  return (up ? quotient + Integer(1) : quotient) * unit;
}

}  // namespace

std::optional<Integer> parse_integer(TextView text, unsigned base) {
  std::string digits = ascii_number(text);
  const bool minus = digits.starts_with('-');
  if (minus || digits.starts_with('+')) digits.erase(0, 1);
  const std::string prefix = base::ascii_lower(digits.substr(0, 2));
  if ((base == 2 && prefix == "0b") || (base == 8 && prefix == "0o") || (base == 16 && prefix == "0x")) {
    digits.erase(0, digits.size() > 2 && digits[2] == '_' ? 3 : 2);
  }
  const auto plain_digits = without_underscores(digits);
  if (!plain_digits) return std::nullopt;
  const auto value = Integer::parse(*plain_digits, base);
  if (!value) return std::nullopt;
  return minus ? -*value : *value;
}

std::optional<double> parse_float(TextView text) {
  const auto cleaned = without_underscores(ascii_number(text));
  if (!cleaned) return std::nullopt;
  std::string_view left = *cleaned;
  if (left.starts_with('-') || left.starts_with('+')) left.remove_prefix(1);
  const std::string word = base::ascii_lower(left);
  const bool special = word == "inf" || word == "infinity" || word == "nan";
  if (!special) {
    std::size_t at = 0;
    std::size_t digits = 0;
    const auto skip = [&] {
      const std::size_t from = at;
      while (at < left.size() && left[at] >= '0' && left[at] <= '9') ++at;
      return at - from;
    };
    digits += skip();
    if (at < left.size() && left[at] == '.') ++at, digits += skip();
    if (digits == 0) return std::nullopt;
    if (at < left.size() && (left[at] == 'e' || left[at] == 'E')) {
      ++at;
      if (at < left.size() && (left[at] == '+' || left[at] == '-')) ++at;
      if (skip() == 0) return std::nullopt;
    }
    if (at != left.size()) return std::nullopt;
  }
  return std::strtod(cleaned->c_str(), nullptr);
}

Result<Value> filter_abs(Machine& machine, const Value& value, const Arguments& given) {
  TRY(expect_count("abs", given, 0, 0));
  if (value.is(Kind::real)) return Value::real(std::fabs(value.as_real()));
  if (is_integer(value)) return machine.integer(integer_of(value).magnitude());
  return type_error(fmt::format("bad operand type for abs(): '{}'", type_name(value)));
}

Result<Value> filter_filesizeformat(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const auto bound, bind("filesizeformat", given, {"binary"}));
  bool binary = false;
  if (bound[0]) {
    TRY_ASSIGN(binary, machine.truth(*bound[0]));
  }
  double bytes = 0;
  if (value.is(Kind::string)) {
    const auto parsed = parse_float(value.text());
    if (!parsed) return value_error("could not convert string to float");
    bytes = *parsed;
  } else {
    TRY_ASSIGN(bytes, machine.number_of(value));
  }
  const double base = binary ? 1024 : 1000;
  if (bytes == 1) return machine.text("1 Byte");
  if (std::isnan(bytes)) return unsupported("filesizeformat of nan");
  if (bytes < base) {
    if (std::isinf(bytes)) return raised("OverflowError: cannot convert float infinity to integer");
    return machine.text(fmt::format("{} Bytes", Integer::from_double(bytes).text()));
  }
  constexpr std::string_view kLetters = "kMGTPEZY";
  double unit = base;
  for (std::size_t i = 0; i < kLetters.size(); ++i) {
    unit *= base;
    if (bytes < unit || i + 1 == kLetters.size()) {
      const char letter = binary && i == 0 ? 'K' : kLetters[i];
      return machine.text(float_digits(base * bytes / unit, 'f', 1, false) + " " + letter +
                          (binary ? "iB" : "B"));
    }
  }
  return Value::none();
}

Result<Value> filter_float(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const auto bound, bind("float", given, {"default"}));
  const Value otherwise = bound[0].value_or(Value::real(0));
  if (value.is(Kind::undefined) || is_number(value)) {
    TRY_ASSIGN(const double number, machine.number_of(value));
    return Value::real(number);
  }
  if (!value.is(Kind::string)) return otherwise;
  const auto parsed = parse_float(value.text());
  return parsed ? Value::real(*parsed) : otherwise;
}

Result<Value> filter_int(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const auto bound, bind("int", given, {"default", "base"}));
  const Value otherwise = bound[0].value_or(Value::integer(0));
  if (value.is(Kind::undefined)) return raised(value.as<UndefinedObject>().message);
  if (is_integer(value)) return machine.integer(integer_of(value));
  double number = 0;
  if (value.is(Kind::string)) {
    std::int64_t base = 10;
    if (bound[1]) {
      if (!is_integer(*bound[1])) return unsupported("int() with a base that is no integer");
      TRY_ASSIGN(base, machine.index_of(*bound[1]));
    }
    if (value.text().size() > 4000) return unsupported("int() of a text that long");
    if (base == 0) return unsupported("int() with base 0");
    if (base >= 2 && base <= 36) {
      if (const auto parsed = parse_integer(value.text(), static_cast<unsigned>(base)))
        return machine.integer(*parsed);
    }
    const auto parsed = parse_float(value.text());
    if (!parsed || !std::isfinite(*parsed)) return otherwise;
    number = *parsed;
  } else if (value.is(Kind::real)) {
    number = value.as_real();
    if (std::isinf(number)) return raised("OverflowError: cannot convert float infinity to integer");
    if (std::isnan(number)) return otherwise;
  } else {
    return otherwise;
  }
  return machine.integer(Integer::from_double(number));
}

Result<Value> filter_round(Machine& machine, const Value& value, const Arguments& given) {
  TRY_ASSIGN(const auto bound, bind("round", given, {"precision", "method"}));
  const Value precision = bound[0].value_or(Value::integer(0));
  std::string method = "common";
  if (bound[1]) method = bound[1]->is(Kind::string) ? utf8(bound[1]->text()) : "";
  if (method != "common" && method != "ceil" && method != "floor")
    return raised("method must be common, ceil or floor");
  if (!is_number(value))
    return type_error(fmt::format("type {} doesn't define __round__ method", type_name(value)));
  if (method == "common") {
    if (precision.is(Kind::none)) return unsupported("round(none)");
    TRY_ASSIGN(const std::int64_t digits, machine.index_of(precision));
    if (value.is(Kind::real)) {
      const double made = rounded(value.as_real(), digits);
      if (std::isinf(made) && std::isfinite(value.as_real()))
        return raised("OverflowError: rounded value too large");
      return Value::real(made);
    }
    if (digits >= 0) return machine.integer(integer_of(value));
    if (digits < -4000) return Value::integer(0);
    return machine.integer(rounded(integer_of(value), -digits));
  }
  TRY_ASSIGN(const Value power, machine.arithmetic(Operator::power, Value::integer(10), precision));
  TRY_ASSIGN(const Value scaled, machine.arithmetic(Operator::multiply, value, power));
  Value whole = scaled;
  if (scaled.is(Kind::real)) {
    if (!std::isfinite(scaled.as_real())) return raised("cannot convert float infinity or NaN to integer");
    whole = machine.integer(
        Integer::from_double(method == "ceil" ? std::ceil(scaled.as_real()) : std::floor(scaled.as_real())));
  }
  return machine.arithmetic(Operator::divide, whole, power);
}

}  // namespace bantam::jinja
