#include "stats/means.hpp"

#include <boost/math/distributions/students_t.hpp>
#include <cmath>

#include "stats/order.hpp"

namespace bantam::stats {
std::optional<double> mean(std::span<const double> samples) {
  if (samples.empty()) return std::nullopt;
  double sum = 0.0;
  for (const double sample : samples) sum += sample;
  return sum / static_cast<double>(samples.size());
}

std::optional<double> sample_sd(std::span<const double> samples) {
  if (samples.size() < 2) return std::nullopt;
  const double center = *mean(samples);
  double squares = 0.0;
  for (const double sample : samples) squares += (sample - center) * (sample - center);
  return std::sqrt(squares / static_cast<double>(samples.size() - 1));
}

std::optional<double> standard_error(std::span<const double> samples) {
  const auto spread = sample_sd(samples);
  if (!spread) return std::nullopt;
  return *spread / std::sqrt(static_cast<double>(samples.size()));
}

std::optional<Interval> mean_interval(std::span<const double> samples, double confidence) {
  const auto error = standard_error(samples);
  if (!error) return std::nullopt;
  const boost::math::students_t distribution(static_cast<double>(samples.size() - 1));
  const double reach = boost::math::quantile(distribution, 0.5 + confidence / 2.0) * *error;
  const double middle = *mean(samples);
  return Interval{middle - reach, middle + reach};
}

std::optional<ClusteredMean> clustered_mean(std::span<const Cluster> clusters, double confidence) {
  double sum = 0.0;
  double n = 0.0;
  for (const Cluster& cluster : clusters) {
    sum += cluster.sum;
    n += static_cast<double>(cluster.n);
  }
  const auto count = static_cast<double>(clusters.size());
  if (clusters.size() < 2 || n <= 0.0) return std::nullopt;
  ClusteredMean result;
  result.mean = sum / n;
  double squares = 0.0;
  for (const Cluster& cluster : clusters) {
    const double residual = cluster.sum - result.mean * static_cast<double>(cluster.n);
    squares += residual * residual;
  }
  result.std_error = std::sqrt(count / (count - 1.0) * squares) / n;
  const boost::math::students_t distribution(count - 1.0);
  const double reach = boost::math::quantile(distribution, 0.5 + confidence / 2.0) * result.std_error;
  result.interval = {result.mean - reach, result.mean + reach};
  if (result.std_error > 0.0) {
    const double t = std::abs(result.mean) / result.std_error;
    result.p = 2.0 * boost::math::cdf(boost::math::complement(distribution, t));
  }
  return result;
}

std::optional<Interval> bootstrap_interval(std::span<const double> estimates, double confidence) {
  const auto low = percentile(estimates, (1.0 - confidence) / 2.0);
  const auto high = percentile(estimates, (1.0 + confidence) / 2.0);
  if (!low || !high) return std::nullopt;
  return Interval{*low, *high};
}

}  // namespace bantam::stats
