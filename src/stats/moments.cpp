#include "stats/moments.hpp"

#include <cmath>

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

}  // namespace bantam::stats
