#include "stats/order.hpp"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>
#include <cstddef>
#include <ranges>
#include <vector>

namespace bantam::stats {
namespace {

std::vector<double> sorted(std::span<const double> samples) {
  std::vector<double> result(samples.begin(), samples.end());
  std::sort(result.begin(), result.end());
  return result;
}

// The largest rank l with P(Bin(n, 1/2) <= l - 1) <= (1 - confidence) / 2; 0 when there is none.
std::int64_t low_rank(std::int64_t n, double confidence) {
  const boost::math::binomial fair(static_cast<double>(n), 0.5);
  const auto ranks = std::views::iota(std::int64_t{1}, n + 1);
  const auto first_too_high = std::ranges::partition_point(ranks, [&](std::int64_t rank) {
    return boost::math::cdf(fair, static_cast<double>(rank - 1)) <= (1.0 - confidence) / 2.0;
  });
  return static_cast<std::int64_t>(first_too_high - ranks.begin());
}

}  // namespace

std::optional<double> median(std::span<const double> samples) {
  return percentile(samples, 0.5);
}

std::optional<MedianInterval> median_interval(std::span<const double> samples, double confidence) {
  const auto n = static_cast<std::int64_t>(samples.size());
  const std::int64_t low = n == 0 ? 0 : low_rank(n, confidence);
  if (low == 0) return std::nullopt;
  const std::vector<double> ordered = sorted(samples);
  const std::int64_t high = n + 1 - low;
  const boost::math::binomial fair(static_cast<double>(n), 0.5);
  const double missed_below = boost::math::cdf(fair, static_cast<double>(low - 1));
  return MedianInterval{
      {ordered[static_cast<std::size_t>(low - 1)], ordered[static_cast<std::size_t>(high - 1)]},
      low,
      high,
      1.0 - 2.0 * missed_below};
}

std::optional<double> percentile(std::span<const double> samples, double fraction) {
  if (samples.empty()) return std::nullopt;
  const std::vector<double> ordered = sorted(samples);
  const double position = fraction * static_cast<double>(ordered.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(position));
  const std::size_t above = std::min(below + 1, ordered.size() - 1);
  return std::lerp(ordered[below], ordered[above], position - std::floor(position));
}

std::int64_t percentile_floor(double fraction) {
  // I_p(h, 2) is the chance of at most one sample above among h + 1 when the true percentile is exceeded; it
  // falls with h.
  const auto enough = [&](std::int64_t under) {
    return boost::math::ibeta(static_cast<double>(under), 2.0, fraction) < 1.0 - 0.99;
  };
  std::int64_t high = 1;
  while (!enough(high)) high *= 2;
  const auto candidates = std::views::iota(std::int64_t{1}, high);
  const auto first =
      std::ranges::partition_point(candidates, [&](std::int64_t under) { return !enough(under); });
  return 2 + static_cast<std::int64_t>(first - candidates.begin());
}

std::optional<double> supported_percentile(std::span<const double> samples, double fraction) {
  if (static_cast<std::int64_t>(samples.size()) < percentile_floor(fraction)) return std::nullopt;
  return percentile(samples, fraction);
}

}  // namespace bantam::stats
