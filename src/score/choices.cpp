#include "score/choices.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <numeric>

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

namespace {

double sum(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

struct Totals {
  double log_likelihood = 0.0;
  double weight = 0.0;
};

Totals weighted_totals(std::span<const Weighted> values) {
  Totals totals;
  for (const Weighted& value : values) {
    totals.log_likelihood += value.log_likelihood;
    totals.weight += value.weight;
  }
  return totals;
}

}  // namespace

std::optional<double> mean(std::span<const double> values) {
  if (values.empty()) return std::nullopt;
  return sum(values) / static_cast<double>(values.size());
}

std::optional<double> mean_stderr(std::span<const double> values) {
  if (values.size() < 2) return std::nullopt;
  const double n = static_cast<double>(values.size());
  const double centre = sum(values) / n;
  double squares = 0.0;
  for (const double value : values) squares += (value - centre) * (value - centre);
  return std::sqrt(squares / (n - 1.0)) / std::sqrt(n);
}

std::optional<double> perplexity(std::span<const double> log_likelihoods) {
  const auto average = mean(log_likelihoods);
  if (!average) return std::nullopt;
  return std::exp(-*average);
}

std::optional<double> weighted_perplexity(std::span<const Weighted> values) {
  const Totals totals = weighted_totals(values);
  if (totals.weight <= 0.0) return std::nullopt;
  return std::exp(-totals.log_likelihood / totals.weight);
}

std::optional<double> bits_per_weight(std::span<const Weighted> values) {
  const Totals totals = weighted_totals(values);
  if (totals.weight <= 0.0) return std::nullopt;
  return -totals.log_likelihood / totals.weight / std::numbers::ln2;
}

double f1_of_class_one(std::span<const Classified> items) {
  double both = 0.0;
  double either = 0.0;  // gold ones + predicted ones
  for (const Classified& item : items) {
    both += item.gold == 1 && item.predicted == 1 ? 1.0 : 0.0;
    either += (item.gold == 1 ? 1.0 : 0.0) + (item.predicted == 1 ? 1.0 : 0.0);
  }
  return either == 0.0 ? 0.0 : 2.0 * both / either;
}

// Gorodkin, "Comparing two K-category assignments by a K-category correlation coefficient", 2004.
double matthews_correlation(std::span<const Classified> items) {
  std::map<std::int64_t, double> gold;
  std::map<std::int64_t, double> predicted;
  double correct = 0.0;
  for (const Classified& item : items) {
    ++gold[item.gold];
    ++predicted[item.predicted];
    correct += item.gold == item.predicted ? 1.0 : 0.0;
  }
  const double n = static_cast<double>(items.size());
  double cross = 0.0;
  double gold_squares = 0.0;
  double predicted_squares = 0.0;
  for (const auto& [label, count] : gold) {
    gold_squares += count * count;
    const auto found = predicted.find(label);
    if (found != predicted.end()) cross += count * found->second;
  }
  for (const auto& [label, count] : predicted) predicted_squares += count * count;
  const double denominator = (n * n - predicted_squares) * (n * n - gold_squares);
  return denominator <= 0.0 ? 0.0 : (correct * n - cross) / std::sqrt(denominator);
}

std::optional<double> group_mean(std::span<const Member> members, bool weight_by_size) {
  double total = 0.0;
  double weights = 0.0;
  for (const Member& member : members) {
    const double weight = weight_by_size ? static_cast<double>(member.n) : 1.0;
    total += member.value * weight;
    weights += weight;
  }
  if (weights <= 0.0) return std::nullopt;
  return total / weights;
}

std::optional<double> group_stderr(std::span<const Member> members, bool weight_by_size) {
  double pooled = 0.0;
  double squares = 0.0;
  double items = 0.0;
  for (const Member& member : members) {
    if (!member.std_error) return std::nullopt;
    const double n = static_cast<double>(member.n);
    const double square = *member.std_error * *member.std_error;
    pooled += (n - 1.0) * n * square;
    squares += square;
    items += n;
  }
  if (members.empty()) return std::nullopt;
  const auto count = static_cast<double>(members.size());
  if (!weight_by_size) return std::sqrt(squares) / count;
  if (items <= count) return std::nullopt;
  return std::sqrt(pooled / (items - count) / items);
}

}  // namespace bantam::score
