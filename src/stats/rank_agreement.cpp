#include "stats/rank_agreement.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

namespace bantam::stats {
namespace {

// Σ t³ - t over groups of t equal ranks.
double tie_term(const std::vector<double>& ranks) {
  std::vector<double> sorted = ranks;
  std::ranges::sort(sorted);
  double term = 0.0;
  for (std::size_t begin = 0; begin < sorted.size();) {
    std::size_t end = begin;
    while (end < sorted.size() && sorted[end] == sorted[begin]) ++end;
    const auto equal = static_cast<double>(end - begin);
    term += equal * equal * equal - equal;
    begin = end;
  }
  return term;
}

int sign(double value) {
  return value > 0.0 ? 1 : value < 0.0 ? -1 : 0;
}

}  // namespace

std::vector<double> ranks_of(std::span<const double> values, bool is_higher_better) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    return is_higher_better ? values[a] > values[b] : values[a] < values[b];
  });
  std::vector<double> ranks(values.size());
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin;
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    const double rank = 0.5 * static_cast<double>(begin + 1 + end);
    for (std::size_t i = begin; i < end; ++i) ranks[order[i]] = rank;
    begin = end;
  }
  return ranks;
}

std::optional<double> concordance(std::span<const std::vector<double>> ranks) {
  if (ranks.size() < 2 || ranks.front().size() < 2) return std::nullopt;
  const auto orders = static_cast<double>(ranks.size());
  const auto things = static_cast<double>(ranks.front().size());
  const double middle = 0.5 * orders * (things + 1.0);
  double squares = 0.0;
  for (std::size_t i = 0; i < ranks.front().size(); ++i) {
    double sum = 0.0;
    for (const std::vector<double>& one : ranks) sum += one[i];
    squares += (sum - middle) * (sum - middle);
  }
  double ties = 0.0;
  for (const std::vector<double>& one : ranks) ties += tie_term(one);
  const double most = orders * orders * (things * things * things - things) - orders * ties;
  if (most <= 0.0) return std::nullopt;
  return 12.0 * squares / most;
}

OrderAgreement order_agreement(std::span<const double> a, std::span<const double> b) {
  OrderAgreement agreement;
  std::int64_t apart_in_a = 0;
  std::int64_t apart_in_b = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = i + 1; j < a.size(); ++j) {
      const int in_a = sign(a[i] - a[j]);
      const int in_b = sign(b[i] - b[j]);
      apart_in_a += in_a != 0;
      apart_in_b += in_b != 0;
      const int product = in_a * in_b;
      ++(product > 0 ? agreement.same : product < 0 ? agreement.opposite : agreement.tied);
    }
  }
  if (apart_in_a > 0 && apart_in_b > 0) {
    agreement.tau_b = static_cast<double>(agreement.same - agreement.opposite) /
                      std::sqrt(static_cast<double>(apart_in_a) * static_cast<double>(apart_in_b));
  }
  return agreement;
}

}  // namespace bantam::stats
