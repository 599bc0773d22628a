#include "stats/holm.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace bantam::stats {
namespace {

std::vector<std::size_t> ascending_order(std::span<const double> p_values) {
  std::vector<std::size_t> ascending(p_values.size());
  std::iota(ascending.begin(), ascending.end(), std::size_t{0});
  std::stable_sort(ascending.begin(), ascending.end(),
                   [&](std::size_t a, std::size_t b) { return p_values[a] < p_values[b]; });
  return ascending;
}

}  // namespace

std::vector<double> holm_adjusted(std::span<const double> p_values) {
  const std::size_t count = p_values.size();
  const std::vector<std::size_t> ascending = ascending_order(p_values);
  std::vector<double> adjusted(count);
  double running = 0.0;
  for (std::size_t k = 0; k < count; ++k) {
    running = std::max(running, std::min(1.0, static_cast<double>(count - k) * p_values[ascending[k]]));
    adjusted[ascending[k]] = running;
  }
  return adjusted;
}

std::vector<double> benjamini_hochberg_adjusted(std::span<const double> p_values) {
  const std::size_t count = p_values.size();
  const std::vector<std::size_t> ascending = ascending_order(p_values);
  std::vector<double> adjusted(count);
  double running = 1.0;
  for (std::size_t rank = count; rank > 0; --rank) {
    const std::size_t i = ascending[rank - 1];
    running = std::min(running, p_values[i] * static_cast<double>(count) / static_cast<double>(rank));
    adjusted[i] = running;
  }
  return adjusted;
}

}  // namespace bantam::stats
