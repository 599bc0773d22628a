#include "stats/spread.hpp"

#include <algorithm>

#include "stats/order.hpp"

namespace bantam::stats {
namespace {

constexpr double kLow = 0.10;
constexpr double kHigh = 0.90;

}  // namespace

double Spread::error() const {
  return std::max(1.0 - least, most - 1.0);
}

Spread spread_of(std::span<const double> seconds) {
  const double middle = median(seconds).value_or(0.0);
  if (middle <= 0.0) return {};
  return {percentile(seconds, kLow).value_or(middle) / middle,
          percentile(seconds, kHigh).value_or(middle) / middle};
}

Spread with_share(const Spread& spread, double share) {
  return {std::min(spread.least, std::clamp(share, 0.0, 1.0)), spread.most};
}

}  // namespace bantam::stats
