#include "score/text_stats.hpp"

#include <algorithm>
#include <cstddef>

namespace bantam::score {

void add_stats(TextStats& total, std::span<const double> item) {
  if (total.empty()) total.assign(item.size(), 0.0);
  const std::size_t n = std::min(total.size(), item.size());
  for (std::size_t i = 0; i < n; ++i) total[i] += item[i];
}

}  // namespace bantam::score
