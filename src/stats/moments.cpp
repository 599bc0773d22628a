#include "stats/moments.hpp"

#include <cmath>

namespace bantam::stats {
namespace {

// Of the distances to the mean; there is at least one sample.
double sum_of_squares(std::span<const double> samples) {
  const double center = *mean(samples);
  double squares = 0.0;
  for (const double sample : samples) squares += (sample - center) * (sample - center);
  return squares;
}

}  // namespace

std::optional<double> mean(std::span<const double> samples) {
  if (samples.empty()) return std::nullopt;
  double sum = 0.0;
  for (const double sample : samples) sum += sample;
  return sum / static_cast<double>(samples.size());
}

std::optional<double> sample_sd(std::span<const double> samples) {
  if (samples.size() < 2) return std::nullopt;
  return std::sqrt(sum_of_squares(samples) / static_cast<double>(samples.size() - 1));
}

std::optional<double> population_sd(std::span<const double> samples) {
  if (samples.empty()) return std::nullopt;
  return std::sqrt(sum_of_squares(samples) / static_cast<double>(samples.size()));
}

std::optional<double> standard_error(std::span<const double> samples) {
  const auto spread = sample_sd(samples);
  if (!spread) return std::nullopt;
  return *spread / std::sqrt(static_cast<double>(samples.size()));
}

std::optional<double> geometric_mean(std::span<const double> samples) {
  if (samples.empty()) return std::nullopt;
  double logarithms = 0.0;
  for (const double sample : samples) {
    if (!(sample > 0.0)) return std::nullopt;
    logarithms += std::log(sample);
  }
  return std::exp(logarithms / static_cast<double>(samples.size()));
}

}  // namespace bantam::stats
