#pragma once
// Whether several orders of the same things agree. Knows nothing of what was ranked.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace bantam::stats {

// 1 is the best; equal values share the mean of their ranks. `values` are finite.
std::vector<double> ranks_of(std::span<const double> values, bool is_higher_better);

// Kendall's coefficient of concordance W, corrected for ties (Kendall and Gibbons 1990, Rank Correlation
// Methods, chapter 6): 1 when all orders are the same, 0 when they have nothing in common. `ranks[j]` is one
// order as ranks_of() gives it, all of one length. Absent with fewer than two orders or two things, and where
// every order is one tie.
std::optional<double> concordance(std::span<const std::vector<double>> ranks);

// Two orders of the same things, pair by pair.
struct OrderAgreement {
  std::int64_t same = 0;      // pairs that both put in one order
  std::int64_t opposite = 0;  // pairs that they put in opposite orders
  std::int64_t tied = 0;      // pairs that are equal in one or both
  // Kendall's tau-b: (same - opposite) / sqrt(pairs not tied in a × pairs not tied in b). Absent where one of
  // both has only ties.
  std::optional<double> tau_b;
};
// `a` and `b` are of one length.
OrderAgreement order_agreement(std::span<const double> a, std::span<const double> b);

}  // namespace bantam::stats
