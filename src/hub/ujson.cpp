#include "hub/ujson.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>

namespace bantam::hub {
namespace {

using base::Json;

constexpr int kDecimals = 10;
constexpr std::array<double, 16> kPowers = {1.0,  1e-1, 1e-2,  1e-3,  1e-4,  1e-5,  1e-6,  1e-7,
                                            1e-8, 1e-9, 1e-10, 1e-11, 1e-12, 1e-13, 1e-14, 1e-15};

std::string written(double value) {
  const double magnitude = std::fabs(value);
  const std::string sign = value < 0 ? "-" : "";
  if (magnitude > 1e16 - 1 || (magnitude != 0 && magnitude < 1e-15)) return fmt::format("{:.10g}", value);
  auto whole = static_cast<std::uint64_t>(magnitude);
  const double scaled = (magnitude - static_cast<double>(whole)) * 1e10;
  auto fraction = static_cast<std::uint64_t>(scaled);
  const double rest = scaled - static_cast<double>(fraction);
  if (rest > 0.5 || (rest == 0.5 && (fraction == 0 || fraction % 2 == 1))) ++fraction;
  if (fraction >= 10'000'000'000U) {
    fraction = 0;
    ++whole;
  }
  std::string decimals = fmt::format("{:0{}}", fraction, kDecimals);
  decimals.erase(std::max<std::size_t>(decimals.find_last_not_of('0') + 1, 1));
  return fmt::format("{}{}.{}", sign, whole, decimals);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// [-]digits[.digits][e[+-]digits]; a whole number must fit into 64 bits, also before decimals.
std::optional<Json> number_in(std::string_view text) {
  const bool minus = text.starts_with('-');
  if (minus) text.remove_prefix(1);
  if (minus && text.empty()) return Json(0);
  const auto digits_end =
      static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
  std::uint64_t whole = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits_end, whole);
  if (error != std::errc{} || end != text.data() + digits_end) return std::nullopt;
  if (minus && whole > std::uint64_t{1} << 63U) return std::nullopt;
  text.remove_prefix(digits_end);
  if (text.empty()) {
    if (!minus) return Json(whole);
    return Json(static_cast<std::int64_t>(std::uint64_t{0} - whole));
  }
  double fraction = 0;
  std::size_t decimals = 0;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    for (; !text.empty() && is_digit(text[0]); text.remove_prefix(1)) {
      if (decimals + 1 < kPowers.size()) fraction = fraction * 10 + (text[0] - '0'), ++decimals;
    }
  }
  double value = static_cast<double>(whole) + fraction * kPowers[decimals];
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+')) text.remove_prefix(1);
    int exponent = 0;
    const auto [last, fault] = std::from_chars(text.data(), text.data() + text.size(), exponent);
    if (fault != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(last - text.data()));
    value *= std::pow(10.0, exponent);
  }
  if (!text.empty()) return std::nullopt;
  return Json(minus ? -value : value);
}

template <typename Change>
void change_floats(Json& value, const Change& change) {
  if (value.is_structured()) {
    for (Json& inner : value) change_floats(inner, change);
  } else if (value.is_number_float() && std::isfinite(value.get<double>())) {
    value = change(written(value.get<double>()));
  }
}

}  // namespace

void write_floats(Json& value) {
  change_floats(value, [](const std::string& text) { return std::strtod(text.c_str(), nullptr); });
}

void write_and_read_floats(Json& value) {
  change_floats(value, [](const std::string& text) { return number_in(text).value_or(Json()); });
}

std::optional<Json> read_ujson(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  text = text.substr(0, text.find_last_not_of(kBlanks) + 1);
  if (text.empty()) return std::nullopt;
  if (text == "NaN") return Json();
  if (is_digit(text[0]) || text[0] == '-') return number_in(text);
  auto value = base::parse_json(text, "text");
  if (!value) return std::nullopt;
  write_and_read_floats(*value);
  return *std::move(value);
}

}  // namespace bantam::hub
