#include "score/cosine.hpp"

#include <algorithm>
#include <cmath>

namespace bantam::score {

std::optional<double> cosine(std::span<const float> a, std::span<const float> b) {
  double product = 0.0;
  double square_a = 0.0;
  double square_b = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double x = static_cast<double>(a[i]);
    const double y = static_cast<double>(b[i]);
    product += x * y;
    square_a += x * x;
    square_b += y * y;
  }
  const double norm = std::sqrt(square_a) * std::sqrt(square_b);
  if (!(norm > 0.0) || !std::isfinite(norm) || !std::isfinite(product)) return std::nullopt;
  return std::clamp(product / norm, -1.0, 1.0);  // rounding can lead a hair beyond
}

}  // namespace bantam::score
