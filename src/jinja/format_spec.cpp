// Format specifications, such as ">10.2f".

#include <algorithm>
#include <cmath>

#include "jinja/format.hpp"
#include "jinja/machine.hpp"

namespace bantam::jinja {
namespace {

struct Spec {
  Layout layout;
  bool has_fill = false;
  char sign = '-';
  bool alternate = false;
  bool zero = false;
  char grouping = 0;
  std::int64_t precision = -1;
  char type = 0;
};

Result<Spec> parse_spec(TextView marked) {
  Text spec;
  for (const char32_t c : marked) spec += plain(c);
  Spec out;
  std::size_t at = 0;
  const auto is_align = [](char32_t c) { return c == '<' || c == '>' || c == '^' || c == '='; };
  if (spec.size() >= 2 && is_align(spec[1])) {
    out.layout.fill = marked[0];
    out.layout.align = static_cast<char>(spec[1]);
    out.has_fill = true;
    at = 2;
  } else if (!spec.empty() && is_align(spec[0])) {
    out.layout.align = static_cast<char>(spec[0]);
    at = 1;
  }
  const auto peek = [&]() -> char32_t { return at < spec.size() ? spec[at] : 0; };
  if (peek() == '+' || peek() == '-' || peek() == ' ') out.sign = static_cast<char>(spec[at++]);
  if (peek() == 'z') return unsupported("'z' in a format specification");
  if (peek() == '#') out.alternate = true, ++at;
  if (peek() == '0') {
    out.zero = true;
    ++at;
    if (!out.has_fill) {
      out.layout.fill = '0';
      if (out.layout.align == 0) out.layout.align = '=';
    }
  }
  const auto number = [&]() -> Result<std::int64_t> {
    std::int64_t value = 0;
    while (peek() >= '0' && peek() <= '9') {
      value = value * 10 + static_cast<std::int64_t>(spec[at++] - '0');
      if (value > kMaxWidth) return unsupported("a width of more than a million");
    }
    return value;
  };
  TRY_ASSIGN(out.layout.width, number());
  if (peek() == ',' || peek() == '_') out.grouping = static_cast<char>(spec[at++]);
  if (peek() == '.') {
    ++at;
    if (!(peek() >= '0' && peek() <= '9')) return value_error("Format specifier missing precision");
    TRY_ASSIGN(out.precision, number());
  }
  if (at < spec.size()) {
    if (at + 1 != spec.size() || spec[at] >= 0x80) return value_error("Invalid format specifier");
    out.type = static_cast<char>(spec[at]);
  }
  return out;
}

// The digits before the point in groups.
std::string grouped(const std::string& digits, char separator, std::size_t size) {
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % size == 0) out += separator;
    out += digits[i];
  }
  return out;
}

Result<Text> finished(const Spec& spec, bool minus, std::string prefix, const std::string& digits) {
  std::string sign = minus ? "-" : spec.sign == '+' ? "+" : spec.sign == ' ' ? " " : "";
  sign += prefix;
  std::string body = digits;
  if (spec.grouping != 0) {
    if (spec.layout.align == '=' && spec.layout.fill == '0')
      return unsupported("zeros and groups in a format");
    const std::size_t point = body.find_first_not_of("0123456789abcdefABCDEF");
    const bool hex = spec.type == 'x' || spec.type == 'X' || spec.type == 'o' || spec.type == 'b';
    const std::size_t whole = hex ? body.size() : std::min(point, body.find_first_of("eE."));
    body = grouped(body.substr(0, whole), spec.grouping, hex ? 4 : 3) +
           (whole < body.size() ? body.substr(whole) : "");
  }
  return laid_out(spec.layout, ascii(sign), ascii(body), '>');
}

Result<Text> format_float(Spec spec, double number) {
  const double magnitude = std::fabs(number);
  const bool minus = std::signbit(number) && !std::isnan(number);
  if (spec.precision > 1000) return unsupported("a precision of more than 1000");
  if (spec.type == 'n') return unsupported("'n' in a format specification");
  if (spec.type == 0) {
    if (spec.precision < 0) {
      if (spec.alternate) return unsupported("'#' in a format specification");
      return finished(spec, minus, "", float_text(magnitude));
    }
    // As 'g', but with a digit behind the point, and for exponents from the precision - 1 on.
    std::string digits =
        float_digits(magnitude, 'g', static_cast<int>(std::max<std::int64_t>(1, spec.precision)), false);
    if (!std::isfinite(magnitude)) return finished(spec, minus, "", digits);
    if (digits.find_first_of(".e") == std::string::npos) {
      if (static_cast<std::int64_t>(digits.size()) >= std::max<std::int64_t>(1, spec.precision) &&
          magnitude != 0) {
        return unsupported("a format specification with precision and no type for this number");
      }
      digits += ".0";
    }
    return finished(spec, minus, "", digits);
  }
  if (std::string_view("eEfFgG%").find(spec.type) == std::string_view::npos) {
    return value_error(fmt::format("Unknown format code '{}' for object of type 'float'", spec.type));
  }
  const int precision = spec.precision < 0 ? 6 : static_cast<int>(spec.precision);
  return finished(spec, minus, "", float_digits(magnitude, spec.type, precision, spec.alternate));
}

Result<Text> format_integer(Machine& machine, Spec spec, const Value& value) {
  if (spec.type == 'e' || spec.type == 'E' || spec.type == 'f' || spec.type == 'F' || spec.type == 'g' ||
      spec.type == 'G' || spec.type == '%') {
    TRY_ASSIGN(const double number, machine.number_of(value));
    return format_float(spec, number);
  }
  if (spec.precision >= 0) return value_error("Precision not allowed in integer format specifier");
  if (spec.type == 'n') return unsupported("'n' in a format specification");
  const Integer number = integer_of(value);
  if (spec.type == 'c') {
    const auto code = number.small();
    if (spec.sign != '-' || spec.grouping != 0)
      return value_error("Sign not allowed with integer format specifier 'c'");
    if (!code || *code < 0 || *code > 0x10FFFF) return raised("OverflowError: %c arg not in range(0x110000)");
    return laid_out(spec.layout, U"", Text(1, static_cast<char32_t>(*code)), '>');
  }
  if (spec.type != 0 && std::string_view("dboxX").find(spec.type) == std::string_view::npos) {
    return value_error(fmt::format("Unknown format code '{}' for object of type 'int'", spec.type));
  }
  const unsigned base = spec.type == 'b'                       ? 2
                        : spec.type == 'o'                     ? 8
                        : spec.type == 'x' || spec.type == 'X' ? 16
                                                               : 10;
  if (spec.grouping == ',' && base != 10) return value_error("Cannot specify ',' with this format code");
  std::string digits = number.magnitude().text(base);
  if (base == 10 && digits.size() > 4300)
    return value_error("Exceeds the limit for integer string conversion");
  std::string_view mark;
  if (spec.alternate && base != 10) mark = base == 2 ? "0b" : base == 8 ? "0o" : "0x";
  std::string prefix(mark);
  if (spec.type == 'X') digits = upper_ascii(digits), prefix = upper_ascii(prefix);
  return finished(spec, number.is_negative(), prefix, digits);
}

Result<Text> format_text(const Spec& spec, Text text) {
  if (spec.type != 0 && spec.type != 's') return value_error("Unknown format code for object of type 'str'");
  if (spec.sign != '-') return value_error("Sign not allowed in string format specifier");
  if (spec.alternate || spec.grouping != 0) return value_error("not allowed in string format specifier");
  Layout layout = spec.layout;
  if (layout.align == '=') {
    if (!spec.zero || spec.has_fill)
      return value_error("'=' alignment not allowed in string format specifier");
    layout.align = '<';
  }
  if (spec.precision >= 0 && static_cast<std::size_t>(spec.precision) < text.size()) {
    text.resize(static_cast<std::size_t>(spec.precision));
  }
  return laid_out(layout, U"", text, '<');
}

}  // namespace

Result<Text> Machine::format_value(const Value& value, TextView spec_text) {
  if (spec_text.empty()) return str(value);
  if (value.is_markup()) return unsupported("a format of Markup");
  TRY_ASSIGN(const Spec spec, parse_spec(spec_text));
  TRY(reserve(static_cast<std::size_t>(spec.layout.width), sizeof(char32_t)));
  if (value.is(Kind::string)) return format_text(spec, value.text());
  if (value.is(Kind::boolean) && spec.type == 0) {
    Spec number = spec;
    return format_integer(*this, number, value);
  }
  if (is_integer(value)) return format_integer(*this, spec, value);
  if (value.is(Kind::real)) return format_float(spec, value.as_real());
  return type_error(fmt::format("unsupported format string passed to {}.__format__", type_name(value)));
}

}  // namespace bantam::jinja
