#include "stats/blocks.hpp"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "stats/means.hpp"
#include "stats/order.hpp"
#include "stats/signed_rank.hpp"

namespace bantam::stats {
namespace {

constexpr std::int64_t kFewestForOrder = 8;

std::vector<double> logarithms(std::span<const double> values) {
  std::vector<double> logs;
  logs.reserve(values.size());
  for (const double value : values) logs.push_back(std::log(value));
  return logs;
}

Interval exponentials(const Interval& interval) {
  return {std::exp(interval.low), std::exp(interval.high)};
}

// Between the narrowest pair of order statistics that covers enough and the next one inside, which covers too
// little.
std::optional<Interval> interpolated_median_interval(std::span<const double> values, double confidence) {
  const auto outer = median_interval(values, confidence);
  if (!outer) return std::nullopt;
  std::vector<double> ordered(values.begin(), values.end());
  std::ranges::sort(ordered);
  const auto n = static_cast<double>(ordered.size());
  const auto rank = static_cast<double>(outer->low_rank);
  const auto low = static_cast<std::size_t>(outer->low_rank - 1);
  const std::size_t high = ordered.size() - 1 - low;
  if (low + 1 > high - 1) return outer->interval;
  const boost::math::binomial fair(n, 0.5);
  const double inner_coverage = 1.0 - 2.0 * boost::math::cdf(fair, rank);
  const double share = (outer->coverage - confidence) / (outer->coverage - inner_coverage);
  const double weight = (n - rank) * share / (rank + (n - 2.0 * rank) * share);
  return Interval{std::lerp(ordered[low], ordered[low + 1], weight),
                  std::lerp(ordered[high], ordered[high - 1], weight)};
}

}  // namespace

std::optional<Interval> block_interval(std::span<const double> values) {
  const auto n = std::ssize(values);
  if (n < kFewestBlocks) return std::nullopt;
  if (n >= kFewestForOrder) return interpolated_median_interval(values, kBlockConfidence);
  const auto logs = mean_interval(logarithms(values), kBlockConfidence);
  if (!logs) return std::nullopt;
  // The figure itself is the median of the blocks, which may lie beside the mean of their logarithms.
  const double middle = *median(values);
  const Interval interval = exponentials(*logs);
  return Interval{std::min(interval.low, middle), std::max(interval.high, middle)};
}

PairedRatio paired_ratio(std::span<const double> log_ratios) {
  if (std::ssize(log_ratios) >= kFewestForOrder) {
    if (const auto location = signed_rank_location(log_ratios, kBlockConfidence))
      return {std::exp(location->middle), exponentials(location->interval)};
  }
  PairedRatio result;
  result.ratio = std::exp(mean(log_ratios).value_or(0.0));
  if (std::ssize(log_ratios) < kFewestBlocks) return result;
  if (const auto logs = mean_interval(log_ratios, kBlockConfidence)) result.interval = exponentials(*logs);
  return result;
}

double relative_half_width(const Interval& interval) {
  if (interval.low <= 0.0 || interval.high <= 0.0) return std::numeric_limits<double>::infinity();
  return (std::log(interval.high) - std::log(interval.low)) / 2.0;
}

std::optional<std::int64_t> rounds_missing(const Interval& interval, std::int64_t rounds, double half_width) {
  const double now = relative_half_width(interval);
  if (!std::isfinite(now) || half_width <= 0.0) return std::nullopt;
  if (now <= half_width) return 0;
  const double wanted = static_cast<double>(rounds) * (now / half_width) * (now / half_width);
  constexpr double kMost = 1e6;  // beyond it the number says no more than "very many"
  return static_cast<std::int64_t>(std::ceil(std::min(wanted, kMost) - 1e-6)) - rounds;
}

bool is_apart(const Interval& interval) {
  if (interval.low <= 0.0) return false;
  const double middle = (std::log(interval.low) + std::log(interval.high)) / 2.0;
  const double half = kApartWider * (std::log(interval.high) - std::log(interval.low)) / 2.0;
  return middle - half > 0.0 || middle + half < 0.0;
}

}  // namespace bantam::stats
