#pragma once
// From the values of a task's items to the task's score and its standard error, as lm-eval 0.4.13 computes
// them. Pure functions.

#include <cstdint>
#include <optional>
#include <span>

namespace bantam::score {

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
// Of that mean, as lm-eval 0.4.13 has it: weighted, sqrt(sum((n_i - 1) n_i se_i^2) / (N - k) / N); plain,
// sqrt(sum(se_i^2)) / k. Absent when a member has none, without members, and weighted when N = k.
std::optional<double> group_stderr(std::span<const Member> members, bool weight_by_size);

}  // namespace bantam::score
