#include "score/choices.hpp"

#include <algorithm>
#include <cmath>

#include "base/text.hpp"

namespace bantam::score {

std::size_t arg_max(std::span<const double> values) {
  return static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

Predictions predict(std::span<const double> log_likelihoods, const std::vector<std::string>& choices) {
  std::vector<double> by_length;
  std::vector<double> by_bytes;
  for (std::size_t i = 0; i < log_likelihoods.size(); ++i) {
    by_length.push_back(log_likelihoods[i] / static_cast<double>(base::code_points(choices[i])));
    by_bytes.push_back(log_likelihoods[i] / static_cast<double>(choices[i].size()));
  }
  return {arg_max(log_likelihoods), arg_max(by_length), arg_max(by_bytes)};
}

std::vector<double> softmax(std::span<const double> values) {
  const double top = *std::max_element(values.begin(), values.end());
  std::vector<double> out;
  double total = 0.0;
  for (const double value : values) total += out.emplace_back(std::exp(value - top));
  for (double& value : out) value /= total;
  return out;
}

double brier_score(std::span<const double> log_likelihoods, std::size_t gold) {
  double total = 0.0;
  const std::vector<double> probabilities = softmax(log_likelihoods);
  for (std::size_t i = 0; i < probabilities.size(); ++i) {
    const double difference = probabilities[i] - (i == gold ? 1.0 : 0.0);
    total += difference * difference;
  }
  return total;
}

}  // namespace bantam::score
