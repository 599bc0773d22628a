#pragma once
// Wilcoxon's signed-rank test of paired differences, as scipy 1.17.1 computes it. Knows nothing of what was
// measured.

#include <optional>
#include <span>

namespace bantam::stats {

struct SignedRank {
  double statistic =
      0.0;  // two-sided: the smaller of the two rank sums; one-sided: that of the positive ones
  double p = 1.0;
};

// What the differences tend to be when the null hypothesis is wrong.
enum class Alternative { two_sided, less, greater };

// From the exact distribution. Absent without differences, and when one is 0 or two have the same size.
std::optional<SignedRank> signed_rank_exact(std::span<const double> differences, Alternative alternative);

// What becomes of differences of 0.
enum class Zeros {
  dropped,  // Wilcoxon's own
  ranked,   // Pratt 1959: they take ranks, and are dropped then
  split,    // half of their ranks count as positive, half as negative
};

// Two-sided, from the normal approximation with correction for ties. Absent when all differences are 0.
std::optional<SignedRank> signed_rank_normal(std::span<const double> differences, Zeros zeros,
                                             bool continuity_correction);

}  // namespace bantam::stats
