#include "score/bert_score.hpp"

#include <algorithm>
#include <cmath>
#include <set>

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

namespace {

constexpr std::size_t kSpecialTokens = 2;  // around every text

// Vectors of length 1; a vector of zeros stays.
std::vector<float> unit_vectors(const TokenVectors& text) {
  std::vector<float> units = text.components;
  for (std::size_t begin = 0; begin < units.size(); begin += text.width) {
    double squares = 0.0;
    for (std::size_t i = begin; i < begin + text.width; ++i) squares += double{units[i]} * double{units[i]};
    if (squares == 0.0) continue;
    const double scale = 1.0 / std::sqrt(squares);
    for (std::size_t i = begin; i < begin + text.width; ++i) units[i] = static_cast<float>(units[i] * scale);
  }
  return units;
}

double dot(const float* a, const float* b, std::size_t width) {
  double sum = 0.0;
  for (std::size_t i = 0; i < width; ++i) sum += double{a[i]} * double{b[i]};
  return sum;
}

// For each token of both texts its largest cosine with a token of the other.
struct Matches {
  std::vector<double> prediction;
  std::vector<double> reference;
};

Matches best_matches(const TokenVectors& prediction, const TokenVectors& reference) {
  const std::vector<float> left = unit_vectors(prediction);
  const std::vector<float> right = unit_vectors(reference);
  const std::size_t width = prediction.width;
  Matches best{std::vector<double>(prediction.tokens.size(), -1.0),
               std::vector<double>(reference.tokens.size(), -1.0)};
  for (std::size_t i = 0; i < best.prediction.size(); ++i) {
    for (std::size_t j = 0; j < best.reference.size(); ++j) {
      const double cosine = dot(&left[i * width], &right[j * width], width);
      best.prediction[i] = std::max(best.prediction[i], cosine);
      best.reference[j] = std::max(best.reference[j], cosine);
    }
  }
  return best;
}

double weighted_mean(const std::vector<double>& values, const std::vector<std::int32_t>& tokens,
                     const TokenWeights& weights) {
  double sum = 0.0;
  double total = 0.0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const double weight = weights.of(tokens[i]);
    sum += weight * values[i];
    total += weight;
  }
  return total == 0.0 ? 0.0 : sum / total;
}

}  // namespace

TokenWeights TokenWeights::plain(std::span<const std::int32_t> special_tokens) {
  TokenWeights weights;
  for (const std::int32_t token : special_tokens) weights.known_[token] = 0.0;
  return weights;
}

TokenWeights TokenWeights::inverse_frequency(std::span<const std::vector<std::int32_t>> references) {
  TokenWeights weights;
  for (const std::vector<std::int32_t>& reference : references) {
    for (const std::int32_t token : std::set(reference.begin(), reference.end())) {
      weights.known_[token] += 1.0;
    }
  }
  const double all = static_cast<double>(references.size()) + 1.0;
  for (auto& [token, weight] : weights.known_) weight = std::log(all / (weight + 1.0));
  weights.others_ = std::log(all);
  return weights;
}

double TokenWeights::of(std::int32_t token) const {
  const auto found = known_.find(token);
  return found == known_.end() ? others_ : found->second;
}

BertScore bert_score(const TokenVectors& prediction, const TokenVectors& reference,
                     const TokenWeights& weights) {
  if (prediction.tokens.size() <= kSpecialTokens || reference.tokens.size() <= kSpecialTokens) return {};
  const Matches best = best_matches(prediction, reference);
  BertScore score;
  score.precision = weighted_mean(best.prediction, prediction.tokens, weights);
  score.recall = weighted_mean(best.reference, reference.tokens, weights);
  const double sum = score.precision + score.recall;
  score.f1 = sum == 0.0 ? 0.0 : 2.0 * score.precision * score.recall / sum;
  return score;
}

BertScore bert_score_best(const TokenVectors& prediction, std::span<const TokenVectors* const> references,
                          const TokenWeights& weights) {
  if (references.empty()) return {};
  BertScore best = bert_score(prediction, *references.front(), weights);
  for (const TokenVectors* reference : references.subspan(1)) {
    const BertScore score = bert_score(prediction, *reference, weights);
    best.precision = std::max(best.precision, score.precision);
    best.recall = std::max(best.recall, score.recall);
    best.f1 = std::max(best.f1, score.f1);
  }
  return best;
}

}  // namespace bantam::score
