#pragma once
// How far one distribution over the next token lies from another, from two rows of logits. Pure functions;
// know nothing of engines or texts.

#include <cstddef>
#include <span>

namespace bantam::score {

// At one position of a text, with natural logarithms; p is the base's distribution, q the candidate's.
struct Divergence {
  double nll_base = 0.0;       // -ln p(target)
  double nll_candidate = 0.0;  // -ln q(target)
  double kld = 0.0;            // KL(p || q) = sum of p ln(p / q) over the vocabulary; at least 0
  bool same_top = false;       // both have the same most probable token; the first one on ties
  double p_change = 0.0;       // q(target) - p(target)
  bool finite = true;          // false when a logit is NaN or infinite; the other members then mean nothing
};

// `base` and `candidate` are equally long and hold the target. No allocation; sums in double.
Divergence divergence(std::span<const float> base, std::span<const float> candidate, std::size_t target);

// -ln p(target) of one row; NaN when a logit is not finite.
double negative_log_likelihood(std::span<const float> logits, std::size_t target);

}  // namespace bantam::score
