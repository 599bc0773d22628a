#pragma once
// What is read off one row of logits: the best token, how clearly it leads, and what turns a logit
// into a log-probability. Pure functions; know nothing of any engine.

#include <cstddef>
#include <span>

namespace bantam::engine {

struct TopTwo {
  std::size_t index = 0;  // of the largest logit; the first one on ties
  float best = 0.0F;
  float gap = 0.0F;    // best - second best; 0 on ties; infinite when there is one logit only
  bool finite = true;  // false when any logit is NaN or infinite; the other members then mean nothing
};

// `logits` must not be empty. No allocation.
TopTwo top_two(std::span<const float> logits);

// ln of the sum of exp(logit): a token's log-probability is its logit minus this. `largest` is the row's
// maximum. Exponentials in float, their sum in double.
double log_sum_exp(std::span<const float> logits, float largest);

}  // namespace bantam::engine
