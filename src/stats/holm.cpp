#include "stats/holm.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace bantam::stats {

std::vector<double> holm_adjusted(std::span<const double> p_values) {
  const std::size_t count = p_values.size();
  std::vector<std::size_t> ascending(count);
  std::iota(ascending.begin(), ascending.end(), std::size_t{0});
  std::stable_sort(ascending.begin(), ascending.end(),
                   [&](std::size_t a, std::size_t b) { return p_values[a] < p_values[b]; });
  std::vector<double> adjusted(count);
  double running = 0.0;
  for (std::size_t k = 0; k < count; ++k) {
    running = std::max(running, std::min(1.0, static_cast<double>(count - k) * p_values[ascending[k]]));
    adjusted[ascending[k]] = running;
  }
  return adjusted;
}

}  // namespace bantam::stats
