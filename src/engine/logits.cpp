#include "engine/logits.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>

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

// Terms of a float sum before it goes into a double one.
constexpr std::size_t kBlock = 32 * kLanes;

float add_lanes(const std::array<float, kBlock>& terms) {
  std::array<float, kLanes> lanes{};
  for (std::size_t at = 0; at < kBlock; at += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) lanes[lane] += terms[at + lane];
  }
  float sum = 0.0F;
  for (const float lane : lanes) sum += lane;
  return sum;
}

// The smallest normal number is exp(-87.3).
constexpr float kSmallestExponent = -87.0F;

// exp(x) for kSmallestExponent <= x <= 0, written so that the compiler can keep it in vector registers: 2^n
// times the series of exp(r), |r| <= ln(2) / 2, whose first term left out is below 6e-9.
float exp_of_negative(float x) {
  constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding it rounds to a whole number, in the lowest bits
  const float rounded = x * std::numbers::log2e_v<float> + kRound;
  const float n = rounded - kRound;
  const float r = x - n * std::numbers::ln2_v<float>;
  // Without a loop: the compiler would not look through it.
  float power = 1.0F / 5040.0F;
  power = power * r + 1.0F / 720.0F;
  power = power * r + 1.0F / 120.0F;
  power = power * r + 1.0F / 24.0F;
  power = power * r + 1.0F / 6.0F;
  power = power * r + 0.5F;
  power = power * r + 1.0F;
  power = power * r + 1.0F;
  const auto exponent = std::bit_cast<std::uint32_t>(rounded) << 23U;
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(power) + exponent);
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
  std::array<float, kBlock> terms;
  for (std::size_t at = 0; at < logits.size(); at += kBlock) {
    const std::size_t count = std::min(kBlock, logits.size() - at);
    const float* const block = logits.data() + at;
    // In two loops: a bound inside the second one would become a branch.
    for (std::size_t i = 0; i < count; ++i) {
      const float exponent = block[i] - largest;
      terms[i] = exponent < kSmallestExponent ? kSmallestExponent : exponent;
    }
    for (std::size_t i = 0; i < count; ++i) terms[i] = exp_of_negative(terms[i]);
    std::fill(terms.begin() + static_cast<std::ptrdiff_t>(count), terms.end(), 0.0F);
    sum += static_cast<double>(add_lanes(terms));
  }
  return static_cast<double>(largest) + std::log(sum);
}

}  // namespace bantam::engine
