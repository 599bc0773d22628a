#include "engine/sampling.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

namespace bantam::engine {
namespace {

struct Weighted {
  std::size_t place = 0;
  float logit = 0.0F;
  double weight = 0.0;  // probability times a constant
};

// In the order of the places.
std::vector<Weighted> most_probable(std::span<const float> logits, int top_k) {
  float least = -INFINITY;
  const auto most = static_cast<std::size_t>(std::max(top_k, 0));
  if (most > 0 && most < logits.size()) {
    std::vector<float> ordered(logits.begin(), logits.end());
    const auto last = ordered.begin() + static_cast<std::ptrdiff_t>(most - 1);
    std::nth_element(ordered.begin(), last, ordered.end(), std::greater<>());
    least = *last;
  }
  std::vector<Weighted> kept;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    if (logits[i] >= least) kept.push_back({i, logits[i]});
  }
  return kept;
}

double sum_of(const std::vector<Weighted>& tokens) {
  double sum = 0.0;
  for (const Weighted& one : tokens) sum += one.weight;
  return sum;
}

void keep_nucleus(std::vector<Weighted>& tokens, double top_p) {
  if (top_p >= 1.0) return;
  std::ranges::stable_sort(tokens, std::less<>(), &Weighted::logit);
  const double most = (1.0 - top_p) * sum_of(tokens);
  std::size_t left_out = 0;
  for (double sum = 0.0; left_out + 1 < tokens.size(); ++left_out) {
    sum += tokens[left_out].weight;
    if (sum > most) break;
  }
  tokens.erase(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(left_out));
  std::ranges::sort(tokens, std::less<>(), &Weighted::place);
}

}  // namespace

double drawn_number(std::uint64_t seed, std::size_t step) {
  std::uint64_t bits = seed + (static_cast<std::uint64_t>(step) + 1) * 0x9E3779B97F4A7C15ULL;
  bits = (bits ^ (bits >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  bits = (bits ^ (bits >> 27U)) * 0x94D049BB133111EBULL;
  bits ^= bits >> 31U;
  return static_cast<double>(bits >> 11U) * 0x1.0p-53;
}

std::size_t drawn_token(std::span<const float> logits, const Sampling& sampling, double number) {
  std::vector<Weighted> tokens = most_probable(logits, sampling.top_k);
  const auto best = static_cast<double>(std::ranges::max(logits));
  for (Weighted& one : tokens)
    one.weight = std::exp((static_cast<double>(one.logit) - best) / sampling.temperature);
  keep_nucleus(tokens, sampling.top_p);
  std::erase_if(tokens, [&](const Weighted& one) { return one.weight < sampling.min_p; });
  const double border = number * sum_of(tokens);
  double sum = 0.0;
  for (const Weighted& one : tokens) {
    sum += one.weight;
    if (border < sum) return one.place;
  }
  return tokens.back().place;
}

}  // namespace bantam::engine
