// Numbers as text, the operator % of texts, and str.format().

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "jinja/machine.hpp"
#include "text/unicode.hpp"

namespace bantam::jinja {
namespace {

constexpr std::int64_t kMaxWidth = 1'000'000;

std::string printed(const char* format, int precision, double value) {
  const int size = std::snprintf(nullptr, 0, format, precision, value);
  std::string out(static_cast<std::size_t>(size) + 1, '\0');
  std::snprintf(out.data(), out.size(), format, precision, value);
  out.pop_back();
  return out;
}

std::string upper_ascii(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  return text;
}

// Sign and digits, filled to a width.
struct Layout {
  char32_t fill = ' ';
  char align = 0;  // '<', '>', '^', '='; 0: the type's own
  std::int64_t width = 0;
};

Text laid_out(const Layout& layout, const Text& sign, const Text& body, char own_align) {
  const char align = layout.align != 0 ? layout.align : own_align;
  const auto size = static_cast<std::int64_t>(sign.size() + body.size());
  const auto missing = static_cast<std::size_t>(std::max<std::int64_t>(0, layout.width - size));
  if (align == '<') return sign + body + Text(missing, layout.fill);
  if (align == '=') return sign + Text(missing, layout.fill) + body;
  const std::size_t left = align == '^' ? missing / 2 : missing;
  return Text(left, layout.fill) + sign + body + Text(missing - left, layout.fill);
}

}  // namespace

std::string float_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  char buffer[64];
  const auto made = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  std::string text(buffer, made.ptr);
  const std::string sign = text.starts_with('-') ? "-" : "";
  text.erase(0, sign.size());
  const auto e = text.find('e');
  const int exponent = std::atoi(text.c_str() + e + 1);
  std::string digits = text.substr(0, 1) + (e > 2 ? text.substr(2, e - 2) : "");
  if (exponent < -4 || exponent >= 16) {
    const std::string fraction = digits.size() > 1 ? "." + digits.substr(1) : "";
    return fmt::format("{}{}{}e{}{:02d}", sign, digits[0], fraction, exponent < 0 ? '-' : '+',
                       std::abs(exponent));
  }
  if (exponent < 0) return sign + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  const auto whole = static_cast<std::size_t>(exponent) + 1;
  if (digits.size() <= whole) return sign + digits + std::string(whole - digits.size(), '0') + ".0";
  return sign + digits.substr(0, whole) + "." + digits.substr(whole);
}

std::string float_digits(double magnitude, char type, int precision, bool alternate) {
  const bool upper = type >= 'A' && type <= 'Z';
  if (!std::isfinite(magnitude)) {
    const std::string text = std::isnan(magnitude) ? "nan" : "inf";
    return (upper ? upper_ascii(text) : text) + (type == '%' ? "%" : "");
  }
  std::string out;
  if (type == '%') return printed(alternate ? "%#.*f" : "%.*f", precision, magnitude * 100) + "%";
  if (type == 'f' || type == 'F') out = printed(alternate ? "%#.*f" : "%.*f", precision, magnitude);
  if (type == 'e' || type == 'E') out = printed(alternate ? "%#.*e" : "%.*e", precision, magnitude);
  if (type == 'g' || type == 'G') out = printed(alternate ? "%#.*g" : "%.*g", precision, magnitude);
  return upper ? upper_ascii(out) : out;
}

// The operator %.
namespace {

struct Conversion {
  bool left = false, plus = false, space = false, alternate = false, zero = false;
  std::int64_t width = 0;
  std::int64_t precision = -1;
  char32_t type = 0;
};

class PercentFormatter {
 public:
  PercentFormatter(Machine& machine, TextView format, const Value& arguments)
      : machine_(machine), format_(format), all_(arguments) {
    if (arguments.is(Kind::tuple)) items_ = arguments.items();
    single_ = !arguments.is(Kind::tuple);
    mapping_ = arguments.is(Kind::dict) || arguments.is(Kind::list) || arguments.is(Kind::range) ||
               arguments.is(Kind::undefined);
  }

  Result<Text> whole() {
    while (at_ < format_.size()) {
      const char32_t c = format_[at_++];
      if (plain(c) != '%') {
        out_ += c;
        continue;
      }
      TRY(conversion());
    }
    const bool left_over = single_ ? !taken_ : next_ < items_.size();
    if (left_over && !mapping_) return type_error("not all arguments converted during string formatting");
    return std::move(out_);
  }

 private:
  char32_t peek() const { return at_ < format_.size() ? plain(format_[at_]) : 0; }

  Result<Value> argument() {
    if (keyed_) return *keyed_;
    if (single_ && !taken_) {
      taken_ = true;
      return all_;
    }
    if (!single_ && next_ < items_.size()) return items_[next_++];
    return type_error("not enough arguments for format string");
  }

  Result<std::int64_t> number() {
    if (peek() == '*') {
      ++at_;
      TRY_ASSIGN(const Value given, argument());
      if (!is_integer(given)) return type_error("* wants int");
      TRY_ASSIGN(const std::int64_t value, machine_.index_of(given));
      if (value > kMaxWidth || value < -kMaxWidth) return unsupported("a width of more than a million");
      return value;
    }
    std::int64_t value = 0;
    while (peek() >= '0' && peek() <= '9') {
      value = value * 10 + static_cast<std::int64_t>(peek() - '0');
      if (value > kMaxWidth) return unsupported("a width of more than a million");
      ++at_;
    }
    return value;
  }

  Status key() {
    if (peek() != '(') return {};
    if (!mapping_ || !all_.is(Kind::dict)) {
      if (mapping_) return unsupported("a key of a format for a list");
      return type_error("format requires a mapping");
    }
    int depth = 1;
    const std::size_t start = ++at_;
    while (at_ < format_.size() && depth > 0) {
      if (peek() == '(') ++depth;
      if (peek() == ')') --depth;
      ++at_;
    }
    if (depth > 0) return value_error("incomplete format key");
    const Value name = machine_.text(Text(format_.substr(start, at_ - 1 - start)));
    TRY_ASSIGN(keyed_, machine_.find(all_.as<DictObject>(), name));
    if (!keyed_) return raised("KeyError: " + utf8(name.text()));
    taken_ = true;
    return {};
  }

  Status conversion() {
    Conversion c;
    keyed_.reset();
    if (peek() == '%') {
      ++at_;
      out_ += '%';
      return {};
    }
    TRY(key());
    for (bool flag = true; flag;) {
      switch (peek()) {
        case '-':
          c.left = true;
          break;
        case '+':
          c.plus = true;
          break;
        case ' ':
          c.space = true;
          break;
        case '#':
          c.alternate = true;
          break;
        case '0':
          c.zero = true;
          break;
        default:
          flag = false;
          continue;
      }
      ++at_;
    }
    TRY_ASSIGN(c.width, number());
    if (c.width < 0) c.left = true, c.width = -c.width;
    if (peek() == '.') {
      ++at_;
      TRY_ASSIGN(c.precision, number());
      c.precision = std::max<std::int64_t>(0, c.precision);
    }
    if (peek() == 'h' || peek() == 'l' || peek() == 'L') ++at_;
    if (at_ >= format_.size()) return value_error("incomplete format");
    c.type = plain(format_[at_++]);
    TRY(machine_.reserve(static_cast<std::size_t>(c.width), sizeof(char32_t)));
    TRY_ASSIGN(const Value value, argument());
    return convert(c, value);
  }

  Status convert(const Conversion& c, const Value& value) {
    switch (c.type) {
      case 's':
      case 'r': {
        TRY_ASSIGN(Text text, c.type == 's' ? machine_.str(value) : machine_.repr(value));
        if (c.precision >= 0 && static_cast<std::size_t>(c.precision) < text.size()) {
          text.resize(static_cast<std::size_t>(c.precision));
        }
        return put(c, U"", text, false);
      }
      case 'c': {
        if (value.is(Kind::string) && value.text().size() == 1) return put(c, U"", value.text(), false);
        if (!value.is(Kind::integer)) return type_error("%c requires int or char");
        const std::int64_t code = value.as_integer();
        if (code < 0 || code > 0x10FFFF) return raised("OverflowError: %c arg not in range(0x110000)");
        if (code >= 0xD800 && code <= 0xDFFF) return unsupported("a surrogate");
        return put(c, U"", Text(1, static_cast<char32_t>(code)), false);
      }
      case 'd':
      case 'i':
      case 'u':
      case 'x':
      case 'X':
      case 'o':
        return integer(c, value);
      case 'e':
      case 'E':
      case 'f':
      case 'F':
      case 'g':
      case 'G':
        return real(c, value);
      case 'a':
        return unsupported("%a in a format");
      default:
        return value_error("unsupported format character");
    }
  }

  Status integer(const Conversion& c, const Value& value) {
    const bool decimal = c.type == 'd' || c.type == 'i' || c.type == 'u';
    Integer number;
    if (is_integer(value)) {
      number = integer_of(value);
    } else if (value.is(Kind::real) && decimal) {
      if (!std::isfinite(value.as_real())) return value_error("cannot convert float to integer");
      number = Integer::from_double(value.as_real());
    } else {
      return type_error(fmt::format("%{} format: a real number is required, not {}",
                                    static_cast<char>(c.type), type_name(value)));
    }
    const unsigned base = decimal ? 10 : c.type == 'o' ? 8 : 16;
    std::string digits = number.magnitude().text(base);
    if (decimal && digits.size() > 4300)
      return value_error("Exceeds the limit for integer string conversion");
    if (c.precision > static_cast<std::int64_t>(digits.size())) {
      digits.insert(0, static_cast<std::size_t>(c.precision) - digits.size(), '0');
    }
    std::string sign = number.is_negative() ? "-" : c.plus ? "+" : c.space ? " " : "";
    if (c.alternate && !decimal) sign += c.type == 'o' ? "0o" : "0x";
    if (c.type == 'X') sign = upper_ascii(sign), digits = upper_ascii(digits);
    return put(c, ascii(sign), ascii(digits), true);
  }

  Status real(const Conversion& c, const Value& value) {
    if (!is_number(value)) return type_error(fmt::format("must be real number, not {}", type_name(value)));
    TRY_ASSIGN(const double number, machine_.number_of(value));
    if (c.precision > 1000) return unsupported("a precision of more than 1000");
    const int precision = c.precision < 0 ? 6 : static_cast<int>(c.precision);
    const std::string digits =
        float_digits(std::fabs(number), static_cast<char>(c.type), precision, c.alternate);
    const bool minus = std::signbit(number) && !std::isnan(number);
    return put(c, minus ? U"-" : c.plus ? U"+" : c.space ? U" " : U"", ascii(digits), true);
  }

  Status put(const Conversion& c, const Text& sign, const Text& body, bool is_number_text) {
    Layout layout;
    layout.width = c.width;
    layout.align = c.left ? '<' : '>';
    if (c.zero && is_number_text && !c.left) layout.align = '=', layout.fill = '0';
    out_ += laid_out(layout, sign, body, '>');
    return machine_.room_for(out_.size());
  }

  Machine& machine_;
  TextView format_;
  Value all_;
  std::vector<Value> items_;
  bool single_ = false;
  bool mapping_ = false;
  bool taken_ = false;
  std::size_t next_ = 0;
  std::optional<Value> keyed_;
  std::size_t at_ = 0;
  Text out_;
};

}  // namespace

Result<Value> Machine::percent_format(const Value& format, const Value& arguments) {
  if (format.is_markup()) return unsupported("'%' of Markup");
  TRY(tick(format.text().size() / 8));
  TRY_ASSIGN(Text out, PercentFormatter(*this, format.text(), arguments).whole());
  return text(std::move(out));
}

// Format specifications.
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
  std::string prefix;
  if (spec.alternate && base != 10) prefix = base == 2 ? "0b" : base == 8 ? "0o" : "0x";
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

// str.format().
namespace {

class BraceFormatter {
 public:
  BraceFormatter(Machine& machine, TextView format, const Arguments& arguments, int& automatic)
      : machine_(machine), format_(format), arguments_(arguments), automatic_(automatic) {}

  Result<Text> whole(int depth) {
    if (depth > 2) return value_error("Max string recursion exceeded");
    while (at_ < format_.size()) {
      const char32_t c = plain(format_[at_]);
      const bool twice = at_ + 1 < format_.size() && plain(format_[at_ + 1]) == c;
      if ((c == '{' || c == '}') && twice) {
        out_ += format_[at_];
        at_ += 2;
      } else if (c == '}') {
        return value_error("Single '}' encountered in format string");
      } else if (c == '{') {
        ++at_;
        TRY(field(depth));
      } else {
        out_ += format_[at_++];
      }
    }
    return std::move(out_);
  }

 private:
  Status field(int depth) {
    const std::size_t start = at_;
    int open = 1;
    std::size_t end = at_;
    for (; end < format_.size(); ++end) {
      if (plain(format_[end]) == '{') ++open;
      if (plain(format_[end]) == '}' && --open == 0) break;
    }
    if (open != 0) return value_error("expected '}' before end of string");
    TextView inside = format_.substr(start, end - start);
    at_ = end + 1;
    std::size_t name_end = 0;
    while (name_end < inside.size() && plain(inside[name_end]) != ':' && plain(inside[name_end]) != '!') {
      if (plain(inside[name_end]) == '{') return value_error("unexpected '{' in field name");
      if (plain(inside[name_end]) == '[') {
        while (name_end < inside.size() && plain(inside[name_end]) != ']') ++name_end;
      }
      if (name_end < inside.size()) ++name_end;
    }
    TRY_ASSIGN(Value value, named(inside.substr(0, name_end)));
    TextView rest = inside.substr(std::min(name_end, inside.size()));
    if (!rest.empty() && plain(rest.front()) == '!') {
      if (rest.size() < 2) return value_error("end of string while looking for conversion specifier");
      const char32_t kind = plain(rest[1]);
      if (kind == 'a') return unsupported("!a in a format");
      if (kind != 'r' && kind != 's') return value_error("Unknown conversion specifier");
      TRY_ASSIGN(Text text, kind == 'r' ? machine_.repr(value) : machine_.str(value));
      value = machine_.text(std::move(text));
      rest = rest.substr(2);
      if (!rest.empty() && plain(rest.front()) != ':')
        return value_error("expected ':' after conversion specifier");
    }
    Text spec;
    if (!rest.empty()) {
      BraceFormatter inner(machine_, rest.substr(1), arguments_, automatic_);
      TRY_ASSIGN(spec, inner.whole(depth + 1));
    }
    TRY_ASSIGN(const Text text, machine_.format_value(value, spec));
    out_ += text;
    return machine_.room_for(out_.size());
  }

  Result<Value> named(TextView name) {
    std::size_t end = 0;
    while (end < name.size() && plain(name[end]) != '.' && plain(name[end]) != '[') ++end;
    TRY_ASSIGN(Value value, first(name.substr(0, end)));
    while (end < name.size()) {
      if (plain(name[end]) == '.') return unsupported("an attribute in a format field");
      const std::size_t close = find_text(name, U"]", end);
      if (close == TextView::npos) return value_error("Missing ']' in format string");
      const TextView key = name.substr(end + 1, close - end - 1);
      if (key.empty()) return value_error("Empty attribute in format string");
      end = close + 1;
      if (end < name.size() && plain(name[end]) != '.' && plain(name[end]) != '[') {
        return value_error("Only '.' or '[' may follow ']' in format field specifier");
      }
      const auto index = Integer::parse(utf8(key));
      if (machine_.is_chat() || value.is(Kind::string)) return unsupported("an index in a format field");
      const Value index_value = index ? machine_.integer(*index) : machine_.text(Text(key));
      TRY_ASSIGN(value, element(value, index_value));
    }
    return value;
  }

  Result<Value> element(const Value& object, const Value& key) {
    if (object.is(Kind::dict)) {
      TRY_ASSIGN(const auto found, machine_.find(object.as<DictObject>(), key));
      if (!found) return raised("KeyError in a format field");
      return *found;
    }
    if ((!object.is(Kind::list) && !object.is(Kind::tuple)) || !key.is(Kind::integer)) {
      return type_error("an index in a format field of a value without elements");
    }
    if (key.as_integer() >= static_cast<std::int64_t>(object.items().size()))
      return raised("IndexError in a format field");
    return object.items()[static_cast<std::size_t>(key.as_integer())];
  }

  Result<Value> first(TextView name) {
    const std::string plain_name = utf8(name);
    const auto index = Integer::parse(plain_name);
    if (name.empty() || index) {
      if (name.empty() ? automatic_ < 0 : automatic_ > 0) {
        return value_error("cannot switch between automatic and manual field numbering");
      }
      std::optional<std::int64_t> at = automatic_;
      if (name.empty()) {
        ++automatic_;
      } else {
        automatic_ = -1;
        at = index->small();
      }
      if (!at || *at >= static_cast<std::int64_t>(arguments_.values.size())) {
        return raised("IndexError: Replacement index out of range for positional args tuple");
      }
      return arguments_.values[static_cast<std::size_t>(*at)];
    }
    for (const auto& [known, value] : arguments_.keywords) {
      if (known == plain_name) return value;
    }
    return raised("KeyError: " + plain_name);
  }

  Machine& machine_;
  TextView format_;
  const Arguments& arguments_;
  int& automatic_;  // how many fields were numbered by place; -1 when they have numbers
  std::size_t at_ = 0;
  Text out_;
};

}  // namespace

Result<Value> Machine::brace_format(TextView format, const Arguments& arguments, int depth) {
  int automatic = 0;
  TRY_ASSIGN(Text out, BraceFormatter(*this, format, arguments, automatic).whole(depth));
  return text(std::move(out));
}

}  // namespace bantam::jinja
