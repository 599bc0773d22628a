#include "stats/bootstrap.hpp"

#include "stats/order.hpp"

namespace bantam::stats {

std::vector<double> resampled_means(std::span<const double> samples, std::span<const Resample> resamples) {
  std::vector<double> means;
  means.reserve(resamples.size());
  for (const Resample& resample : resamples) {
    double sum = 0.0;
    for (const std::size_t position : resample) sum += samples[position];
    means.push_back(sum / static_cast<double>(resample.size()));
  }
  return means;
}

std::optional<Interval> bootstrap_interval(std::span<const double> estimates, double confidence) {
  const auto low = percentile(estimates, (1.0 - confidence) / 2.0);
  const auto high = percentile(estimates, (1.0 + confidence) / 2.0);
  if (!low || !high) return std::nullopt;
  return Interval{*low, *high};
}

}  // namespace bantam::stats
