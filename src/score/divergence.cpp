#include "score/divergence.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bantam::score {
namespace {

// ln of the sum of exp(logit), and the first largest logit's place.
struct Row {
  std::size_t top = 0;
  double normalizer = 0.0;
  bool finite = true;
};

Row read_row(std::span<const float> logits) {
  Row row;
  row.top = static_cast<std::size_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
  row.finite = std::all_of(logits.begin(), logits.end(), [](float logit) { return std::isfinite(logit); });
  if (!row.finite) return row;
  const double largest = static_cast<double>(logits[row.top]);
  double sum = 0.0;
  for (const float logit : logits) sum += std::exp(static_cast<double>(logit) - largest);
  row.normalizer = largest + std::log(sum);
  return row;
}

}  // namespace

Divergence divergence(std::span<const float> base, std::span<const float> candidate, std::size_t target) {
  const Row p = read_row(base);
  const Row q = read_row(candidate);
  Divergence result;
  result.finite = p.finite && q.finite;
  if (!result.finite) return result;
  double kld = 0.0;
  for (std::size_t i = 0; i < base.size(); ++i) {
    const double ln_p = static_cast<double>(base[i]) - p.normalizer;
    const double ln_q = static_cast<double>(candidate[i]) - q.normalizer;
    kld += std::exp(ln_p) * (ln_p - ln_q);
  }
  result.kld = std::max(0.0, kld);  // rounding can leave it a hair below
  result.nll_base = p.normalizer - static_cast<double>(base[target]);
  result.nll_candidate = q.normalizer - static_cast<double>(candidate[target]);
  result.same_top = p.top == q.top;
  result.p_change = std::exp(-result.nll_candidate) - std::exp(-result.nll_base);
  return result;
}

double negative_log_likelihood(std::span<const float> logits, std::size_t target) {
  const Row row = read_row(logits);
  if (!row.finite) return std::numeric_limits<double>::quiet_NaN();
  return row.normalizer - static_cast<double>(logits[target]);
}

}  // namespace bantam::score
