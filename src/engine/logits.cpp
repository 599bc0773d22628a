#include "engine/logits.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace bantam::engine {
namespace {

// Independent running values, so that the compiler can keep them in vector registers.
constexpr std::size_t kLanes = 32;
constexpr float kLowest = -std::numeric_limits<float>::infinity();

struct Lanes {
  std::array<float, kLanes> best;
  std::array<float, kLanes> second;
  std::array<float, kLanes> zero;  // stays 0 as long as all logits are finite, becomes NaN otherwise
};

void take(Lanes& lanes, std::size_t lane, float logit) {
  const float lower = lanes.best[lane] < logit ? lanes.best[lane] : logit;
  lanes.second[lane] = lanes.second[lane] < lower ? lower : lanes.second[lane];
  lanes.best[lane] = lanes.best[lane] < logit ? logit : lanes.best[lane];
  lanes.zero[lane] += logit * 0.0F;
}

}  // namespace

TopTwo top_two(std::span<const float> logits) {
  Lanes lanes;
  lanes.best.fill(kLowest);
  lanes.second.fill(kLowest);
  lanes.zero.fill(0.0F);
  const std::size_t whole = logits.size() / kLanes * kLanes;
  for (std::size_t at = 0; at < whole; at += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) take(lanes, lane, logits[at + lane]);
  }
  for (std::size_t at = whole; at < logits.size(); ++at) take(lanes, at - whole, logits[at]);

  TopTwo result;
  float second = kLowest;
  result.best = kLowest;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    second = std::max({second, std::min(result.best, lanes.best[lane]), lanes.second[lane]});
    result.best = std::max(result.best, lanes.best[lane]);
    if (std::isnan(lanes.zero[lane])) result.finite = false;
  }
  result.gap = result.best - second;
  const auto first = std::find(logits.begin(), logits.end(), result.best);
  result.index = first == logits.end() ? 0 : static_cast<std::size_t>(first - logits.begin());
  return result;
}

double log_sum_exp(std::span<const float> logits, float largest) {
  double sum = 0.0;
  for (const float logit : logits) sum += static_cast<double>(std::exp(logit - largest));
  return static_cast<double>(largest) + std::log(sum);
}

}  // namespace bantam::engine
