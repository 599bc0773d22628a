#include "stats/proportion.hpp"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <cstddef>
#include <numeric>

namespace bantam::stats {
namespace {

// The normal quantile z with P(|Z| <= z) = confidence.
double two_sided_z(double confidence) {
  return boost::math::quantile(boost::math::complement(boost::math::normal(), (1.0 - confidence) / 2.0));
}

// Correlation of the two answers, with continuity correction: a positive covariance loses n/2, but does not
// change sign.
double correlation(double n11, double n10, double n01, double n00) {
  const double margins = (n11 + n10) * (n01 + n00) * (n11 + n01) * (n10 + n00);
  if (margins <= 0.0) return 0.0;
  double covariance = n11 * n00 - n10 * n01;
  if (covariance > 0.0) covariance = std::max(covariance - (n11 + n10 + n01 + n00) / 2.0, 0.0);
  return covariance / std::sqrt(margins);
}

}  // namespace

Interval wilson_interval(std::int64_t successes, std::int64_t n, double confidence) {
  if (n <= 0) return {0.0, 1.0};
  const double count = static_cast<double>(n);
  const double share = static_cast<double>(successes) / count;
  const double z = two_sided_z(confidence);
  const double scale = 1.0 + z * z / count;
  const double center = (share + z * z / (2.0 * count)) / scale;
  const double half = z * std::sqrt(share * (1.0 - share) / count + z * z / (4.0 * count * count)) / scale;
  // At the ends the limit is exactly 0 or 1; the formula misses it by a rounding error.
  return {successes == 0 ? 0.0 : std::max(0.0, center - half),
          successes == n ? 1.0 : std::min(1.0, center + half)};
}

Interval exact_interval(std::int64_t successes, std::int64_t n, double confidence) {
  if (n <= 0) return {0.0, 1.0};
  using Binomial = boost::math::binomial;
  const double tail = (1.0 - confidence) / 2.0;
  const auto trials = static_cast<double>(n);
  const auto right = static_cast<double>(successes);
  return {Binomial::find_lower_bound_on_p(trials, right, tail),
          Binomial::find_upper_bound_on_p(trials, right, tail)};
}

double mcnemar_exact(std::int64_t n10, std::int64_t n01) {
  const std::int64_t discordant = n10 + n01;
  if (discordant == 0) return 1.0;
  const boost::math::binomial fair(static_cast<double>(discordant), 0.5);
  const double tail = boost::math::cdf(fair, static_cast<double>(std::min(n10, n01)));
  return std::min(1.0, 2.0 * tail);
}

PairedDifference newcombe_paired(std::int64_t n11, std::int64_t n10, std::int64_t n01, std::int64_t n00,
                                 double confidence) {
  const std::int64_t n = n11 + n10 + n01 + n00;
  const double count = static_cast<double>(n);
  const double p1 = static_cast<double>(n11 + n10) / count;
  const double p2 = static_cast<double>(n11 + n01) / count;
  const Interval first = wilson_interval(n11 + n10, n, confidence);
  const Interval second = wilson_interval(n11 + n01, n, confidence);
  const double phi = correlation(static_cast<double>(n11), static_cast<double>(n10), static_cast<double>(n01),
                                 static_cast<double>(n00));
  const auto reach = [phi](double a, double b) {
    return std::sqrt(std::max(0.0, a * a - 2.0 * phi * a * b + b * b));
  };
  const double difference = static_cast<double>(n10 - n01) / count;
  return {difference,
          {difference - reach(p1 - first.low, second.high - p2),
           difference + reach(first.high - p1, p2 - second.low)}};
}

double minimum_detectable_effect(double discordant_rate, std::int64_t n) {
  // 2.80 = z(0.975) + z(0.80), rounded as in the literature.
  return 2.80 * std::sqrt(discordant_rate / static_cast<double>(n));
}

std::vector<double> holm_adjusted(std::span<const double> p_values) {
  const std::size_t count = p_values.size();
  std::vector<std::size_t> ascending(count);
  std::iota(ascending.begin(), ascending.end(), std::size_t{0});
  std::ranges::stable_sort(ascending, {}, [&](std::size_t i) { return p_values[i]; });
  std::vector<double> adjusted(count);
  double running = 0.0;
  for (std::size_t k = 0; k < count; ++k) {
    running = std::max(running, std::min(1.0, static_cast<double>(count - k) * p_values[ascending[k]]));
    adjusted[ascending[k]] = running;
  }
  return adjusted;
}

}  // namespace bantam::stats
