#include "stats/signed_rank.hpp"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

#include "stats/order.hpp"

namespace bantam::stats {
namespace {

constexpr std::size_t kMostExact = 60;

// The lowest and highest mean of two that are left out on each side, and what the others then cover.
struct LeftOut {
  std::size_t count = 0;
  double coverage = 0.0;
};

// Which sums of ranks 1 … n are how likely when each rank counts with probability 1/2.
std::vector<double> rank_sum_probabilities(std::size_t n) {
  std::vector<double> probability(n * (n + 1) / 2 + 1, 0.0);
  probability[0] = 1.0;
  std::size_t highest = 0;
  for (std::size_t rank = 1; rank <= n; ++rank) {
    highest += rank;
    for (std::size_t sum = highest + 1; sum-- > 0;)
      probability[sum] = 0.5 * (probability[sum] + (sum >= rank ? probability[sum - rank] : 0.0));
  }
  return probability;
}

std::optional<LeftOut> exactly(std::size_t n, double confidence) {
  const std::vector<double> probability = rank_sum_probabilities(n);
  LeftOut left;
  double below = probability[0];
  if (1.0 - 2.0 * below < confidence) return std::nullopt;
  for (;; ++left.count) {
    left.coverage = 1.0 - 2.0 * below;
    below += probability[left.count + 1];
    if (1.0 - 2.0 * below < confidence) return left;
  }
}

LeftOut nearly(std::size_t samples, double confidence) {
  const auto n = static_cast<double>(samples);
  const double z = boost::math::quantile(boost::math::normal(), (1.0 + confidence) / 2.0);
  const double middle = n * (n + 1.0) / 4.0;
  const double deviation = std::sqrt(n * (n + 1.0) * (2.0 * n + 1.0) / 24.0);
  return {static_cast<std::size_t>(std::floor(middle - z * deviation - 0.5)), confidence};
}

}  // namespace

std::optional<Location> signed_rank_location(std::span<const double> samples, double confidence) {
  const std::size_t n = samples.size();
  if (n == 0) return std::nullopt;
  const auto left = n <= kMostExact ? exactly(n, confidence) : std::optional<LeftOut>(nearly(n, confidence));
  if (!left) return std::nullopt;
  std::vector<double> means;
  means.reserve(n * (n + 1) / 2);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = i; j < n; ++j) means.push_back(std::midpoint(samples[i], samples[j]));
  std::ranges::sort(means);
  return Location{
      *median(means), {means[left->count], means[means.size() - 1 - left->count]}, left->coverage};
}

}  // namespace bantam::stats
