#pragma once
// Multiple choice: from the log-likelihoods of the choices to the predicted one. Pure functions.

#include <cstddef>
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

}  // namespace bantam::score
