#include "measure/warm_up.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace bantam::measure {

std::optional<bool> is_warm(std::span<const double> times_s) {
  if (times_s.size() < static_cast<std::size_t>(kFewestWarmups)) return std::nullopt;
  const double last = times_s.back();
  const double fastest = *std::ranges::min_element(times_s.first(times_s.size() - 1));
  if (std::abs(last - fastest) <= kWarmWithin * fastest) return true;
  if (times_s.size() < 3) return false;
  const double before_both = *std::ranges::min_element(times_s.first(times_s.size() - 2));
  return std::min(last, times_s[times_s.size() - 2]) >= before_both;
}

bool warms_up_further(std::span<const double> times_s, std::optional<int> forced, double elapsed_s,
                      double budget_s) {
  const auto runs = static_cast<int>(times_s.size());
  if (forced) return runs < *forced;
  if (runs == 0) return true;
  if (runs >= kMostWarmups || elapsed_s >= budget_s) return false;
  if (runs < kFewestWarmups) return true;
  return !is_warm(times_s).value_or(false) && elapsed_s < budget_s / 4.0;
}

}  // namespace bantam::measure
