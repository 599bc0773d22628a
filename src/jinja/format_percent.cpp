// The operator % of texts.

#include <algorithm>
#include <cmath>

#include "jinja/format.hpp"
#include "jinja/machine.hpp"

namespace bantam::jinja {
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
        if (!value.is(Kind::integer) && !value.is(Kind::boolean)) return type_error("%c requires int or char");
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

}  // namespace bantam::jinja
