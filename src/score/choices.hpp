#pragma once
// From log-likelihoods and right-or-wrong answers to scores, as lm-eval 0.4.13 computes them: the predicted
// choice of an item, a task's score with its standard error, a group's. Pure functions.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace bantam::score {

// Position of the largest value, the first of them on ties. `values` is not empty.
std::size_t arg_max(std::span<const double> values);

// The predictions that lm-eval's metrics compare with the gold index.
struct Predictions {
  std::size_t plain = 0;      // acc: sum of log-likelihoods
  std::size_t by_length = 0;  // acc_norm: divided by the choice's length in code points
  std::size_t by_bytes = 0;   // acc_bytes: divided by its length in UTF-8 bytes
};

// One log-likelihood per choice; neither list is empty. An empty choice divides by zero as it does in
// lm-eval: its quotient is -infinity.
Predictions predict(std::span<const double> log_likelihoods, const std::vector<std::string>& choices);

// exp(v) / sum of exp(v), without overflow.
std::vector<double> softmax(std::span<const double> values);

// Squared distance of the softmax of the log-likelihoods to the one-hot gold, summed over the choices.
double brier_score(std::span<const double> log_likelihoods, std::size_t gold);

// Absent for no values.
std::optional<double> mean(std::span<const double> values);
// Sample standard deviation (n - 1) / sqrt(n). Absent for fewer than two values.
std::optional<double> mean_stderr(std::span<const double> values);

// exp(-mean) of log-likelihoods. Absent for no values.
std::optional<double> perplexity(std::span<const double> log_likelihoods);

// A log-likelihood and the words or bytes it is spread over.
struct Weighted {
  double log_likelihood = 0.0;
  double weight = 0.0;
};
// exp(-sum of log-likelihoods / sum of weights), and the same exponent in bits. Absent when no weight is
// positive.
std::optional<double> weighted_perplexity(std::span<const Weighted> values);
std::optional<double> bits_per_weight(std::span<const Weighted> values);

struct Classified {
  std::int64_t gold = 0;
  std::int64_t predicted = 0;
};
// F1 of class 1 (scikit-learn's default); 0 when class 1 occurs nowhere.
double f1_of_class_one(std::span<const Classified> items);
// Matthews correlation over any number of classes; 0 where it is undefined.
double matthews_correlation(std::span<const Classified> items);

// One member of a group.
struct Member {
  double value = 0.0;
  std::optional<double> std_error;
  std::int64_t n = 0;
};
// Mean over the members, weighted by n or plain. Absent without members.
std::optional<double> group_mean(std::span<const Member> members, bool weight_by_size);
// The standard error of that mean, as lm-eval 0.4.13 has it: weighted, sqrt(sum((n_i - 1) n_i se_i^2) / (N -
// k) / N); plain, sqrt(sum(se_i^2)) / k. Absent when a member has none, without members, and weighted when N
// = k.
std::optional<double> group_stderr(std::span<const Member> members, bool weight_by_size);

}  // namespace bantam::score
