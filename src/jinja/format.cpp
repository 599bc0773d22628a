#include "jinja/format.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "jinja/machine.hpp"

namespace bantam::jinja {
namespace {

std::string printed(const char* format, int precision, double value) {
  const int size = std::snprintf(nullptr, 0, format, precision, value);
  std::string out(static_cast<std::size_t>(size) + 1, '\0');
  std::snprintf(out.data(), out.size(), format, precision, value);
  out.pop_back();
  return out;
}

}  // namespace

std::string upper_ascii(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  return text;
}

Text laid_out(const Layout& layout, const Text& sign, const Text& body, char own_align) {
  const char align = layout.align != 0 ? layout.align : own_align;
  const auto size = static_cast<std::int64_t>(sign.size() + body.size());
  const auto missing = static_cast<std::size_t>(std::max<std::int64_t>(0, layout.width - size));
  if (align == '<') return sign + body + Text(missing, layout.fill);
  if (align == '=') return sign + Text(missing, layout.fill) + body;
  const std::size_t left = align == '^' ? missing / 2 : missing;
  return Text(left, layout.fill) + sign + body + Text(missing - left, layout.fill);
}

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
    std::string fraction = digits.substr(1);
    if (!fraction.empty()) fraction.insert(0, 1, '.');
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

}  // namespace bantam::jinja
