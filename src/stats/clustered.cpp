#include "stats/clustered.hpp"

#include <boost/math/distributions/students_t.hpp>
#include <cmath>

namespace bantam::stats {

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

}  // namespace bantam::stats
