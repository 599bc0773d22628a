#pragma once
// Shares of right answers: how sure one is, and how sure is a difference of two on the same items. Knows
// nothing of tasks or models.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "stats/interval.hpp"

namespace bantam::stats {

// Wilson score interval of successes / n (Wilson 1927). Needs 0 <= successes <= n; [0, 1] when n is 0.
Interval wilson_interval(std::int64_t successes, std::int64_t n, double confidence = 0.95);

// Wilson's interval with continuity correction (Newcombe 1998, "Two-sided confidence intervals for the single
// proportion", method 4), and the exact one of Clopper and Pearson 1934. Conditions as above.
Interval wilson_corrected_interval(std::int64_t successes, std::int64_t n, double confidence = 0.95);
Interval exact_interval(std::int64_t successes, std::int64_t n, double confidence = 0.95);

// Exact two-sided McNemar test: p of a split n10 : n01 of the discordant pairs under a fair coin; 1 without
// any.
double mcnemar_exact(std::int64_t n10, std::int64_t n01);

// The same with mid-p: half of the chance of the split itself is left out on each side. Absent for an even
// split, where no side is the smaller one.
std::optional<double> mcnemar_mid(std::int64_t n10, std::int64_t n01);

struct PairedDifference {
  double difference = 0.0;  // p1 - p2 = (n10 - n01) / n
  Interval interval;
};

// Newcombe 1998: Wilson limits squared and added, less their correlation.
enum class Newcombe {
  method_8,   // correlation as it is
  method_10,  // with continuity correction
};

// Difference of two shares on the same items: n11 both right, n10 the first only, n01 the second only, n00
// neither. Needs at least one item.
PairedDifference newcombe_paired(std::int64_t n11, std::int64_t n10, std::int64_t n01, std::int64_t n00,
                                 double confidence = 0.95, Newcombe method = Newcombe::method_10);

// The smallest true difference of two shares that n paired items show at 5 % significance with 80 % power,
// when the share `discordant_rate` of them differs between the two: 2.80 * sqrt(d / n). Needs n > 0.
double minimum_detectable_effect(double discordant_rate, std::int64_t n);

// Many tests at once. Knows nothing of what was tested.

// Holm's step-down adjusted p-values, in the order given: compare each with the family-wise level.
std::vector<double> holm_adjusted(std::span<const double> p_values);

// Benjamini and Hochberg 1995: compare each with the share of false discoveries that is allowed. In the order
// given.
std::vector<double> benjamini_hochberg_adjusted(std::span<const double> p_values);

}  // namespace bantam::stats
