#include "base/units.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "base/text.hpp"

namespace bantam::base {

std::string format_significant(double value, int digits) {
  if (!std::isfinite(value)) return "n/a";
  const int magnitude = value == 0.0 ? 0 : static_cast<int>(std::floor(std::log10(std::abs(value))));
  return fmt::format("{:.{}f}", value, std::max(0, digits - 1 - magnitude));
}

std::string format_bytes(double bytes) {
  constexpr std::array<std::string_view, 5> kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  while (std::abs(bytes) >= 1023.5 && unit + 1 < kUnits.size()) {
    bytes /= 1024.0;
    ++unit;
  }
  return fmt::format("{} {}", unit == 0 ? fmt::format("{:.0f}", bytes) : format_significant(bytes),
                     kUnits[unit]);
}

std::string format_seconds(double seconds) {
  const double size = std::abs(seconds);
  if (size < 1e-3) return fmt::format("{} µs", format_significant(seconds * 1e6));
  if (size < 1.0) return fmt::format("{} ms", format_significant(seconds * 1e3));
  if (size < 100.0) return fmt::format("{} s", format_significant(seconds));
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  if (size < 6000.0) return fmt::format("{} min {:02} s", whole / 60, std::abs(whole % 60));
  return fmt::format("{} h {:02} min", whole / 3600, std::abs(whole % 3600) / 60);
}

std::string format_count(double count) {
  constexpr std::array<std::string_view, 5> kUnits{"", " K", " M", " B", " T"};
  std::size_t unit = 0;
  while (std::abs(count) >= 999.5 && unit + 1 < kUnits.size()) {
    count /= 1000.0;
    ++unit;
  }
  return fmt::format("{}{}", unit == 0 ? fmt::format("{:.0f}", count) : format_significant(count),
                     kUnits[unit]);
}

std::optional<std::int64_t> parse_bytes(std::string_view text) {
  const std::size_t end = std::min(text.find_last_of("0123456789.") + 1, text.size());
  const auto number = parse_number(trim(text.substr(0, end)));
  if (!number || *number < 0.0) return std::nullopt;
  std::string unit = ascii_lower(trim(text.substr(end)));
  double step = 1024.0;
  if (unit.ends_with("ib")) {
    unit.resize(unit.size() - 2);
    if (unit.empty()) return std::nullopt;
  } else if (unit.ends_with("b")) {
    unit.pop_back();
    step = 1000.0;
  }
  static constexpr std::string_view kPrefixes = "kmgt";
  const std::size_t power = unit.empty() ? 0 : kPrefixes.find(unit) + 1;
  if (unit.size() > 1 || (!unit.empty() && power == 0)) return std::nullopt;
  const double bytes = *number * std::pow(step, static_cast<double>(power));
  if (!(bytes < 9.2e18)) return std::nullopt;
  return static_cast<std::int64_t>(std::llround(bytes));
}

std::optional<double> parse_seconds(std::string_view text) {
  struct Unit {
    std::string_view name;
    double seconds;
  };
  constexpr auto kUnits = std::to_array<Unit>({{"", 1.0},
                                               {"s", 1.0},
                                               {"sec", 1.0},
                                               {"ms", 1e-3},
                                               {"m", 60.0},
                                               {"min", 60.0},
                                               {"h", 3600.0},
                                               {"hours", 3600.0}});
  const std::size_t end = std::min(text.find_last_of("0123456789.") + 1, text.size());
  const auto number = parse_number(trim(text.substr(0, end)));
  const std::string unit = ascii_lower(trim(text.substr(end)));
  const auto found = std::ranges::find(kUnits, std::string_view(unit), &Unit::name);
  if (!number || !(*number >= 0.0) || found == kUnits.end()) return std::nullopt;
  return *number * found->seconds;
}

}  // namespace bantam::base
