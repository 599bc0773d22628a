#include "verify/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace bantam::verify {
namespace {

using record::Value;

constexpr double kSame = 1e-9;       // relative
constexpr double kSameShare = 1e-5;  // of errors and of the ends of intervals

}  // namespace

bool is_same(double a, double b) {
  return std::abs(a - b) <= kSame * std::max({1e-300, std::abs(a), std::abs(b)});
}

bool is_same(const Value& a, const Value& b) {
  if (!is_same(a.value, b.value) || a.n != b.n || a.interval.has_value() != b.interval.has_value())
    return false;
  return !a.interval ||
         (a.interval->confidence == b.interval->confidence && is_same(a.interval->low, b.interval->low) &&
          is_same(a.interval->high, b.interval->high));
}

bool is_same_share(const Value& value, const Value& own, bool is_imported) {
  if (!is_same(value.value, own.value) || value.n.value_or(*own.n) != *own.n) return false;
  if (!is_imported && value.std_error &&
      std::abs(*value.std_error - own.std_error.value_or(0.0)) > kSameShare)
    return false;
  if (!value.interval || !own.interval) return value.interval.has_value() == own.interval.has_value();
  return value.interval->confidence == own.interval->confidence &&
         std::abs(value.interval->low - own.interval->low) <= kSameShare &&
         std::abs(value.interval->high - own.interval->high) <= kSameShare;
}

std::string text(const Value& value) {
  if (!value.interval) return fmt::format("{:.6g}", value.value);
  return fmt::format("{:.6g} [{:.6g}, {:.6g}]", value.value, value.interval->low, value.interval->high);
}

std::string difference(const std::string& name, const Value& value, std::string_view source,
                       const Value& own) {
  const auto more = [](const Value& one) {
    return fmt::format(" (n {}, error {:.6g}, confidence {:g})", one.n ? std::to_string(*one.n) : "?",
                       one.std_error.value_or(0.0), one.interval ? one.interval->confidence : 0.0);
  };
  const bool looks_same = text(value) == text(own);
  return fmt::format("{} is {}{}, its {} give {}{}", name, text(value), looks_same ? more(value) : "", source,
                     text(own), looks_same ? more(own) : "");
}

}  // namespace bantam::verify
