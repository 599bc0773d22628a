#pragma once
// Shares of right answers: how sure one is, how sure is a difference of two on the same items, and how sure
// are many such tests together. Knows nothing of tasks or models.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "stats/interval.hpp"

namespace bantam::stats {

// Wilson score interval of successes / n (Wilson 1927). Needs 0 <= successes <= n; [0, 1] when n is 0.
Interval wilson_interval(std::int64_t successes, std::int64_t n, double confidence = 0.95);

// Clopper and Pearson's exact interval (1934). Conditions as above.
Interval exact_interval(std::int64_t successes, std::int64_t n, double confidence = 0.95);

// Exact two-sided McNemar test: p of a split n10 : n01 of the discordant pairs under a fair coin; 1 without
// any.
double mcnemar_exact(std::int64_t n10, std::int64_t n01);

struct PairedDifference {
  double difference = 0.0;  // p1 - p2 = (n10 - n01) / n
  Interval interval;
};

// Difference of two shares on the same items: n11 both right, n10 the first only, n01 the second only, n00
// neither. Newcombe 1998, method 10: Wilson limits squared and added, less their correlation with continuity
// correction. Needs at least one item.
PairedDifference newcombe_paired(std::int64_t n11, std::int64_t n10, std::int64_t n01, std::int64_t n00,
                                 double confidence = 0.95);

// The smallest true difference of two shares that n paired items show at 5 % significance with 80 % power,
// when the share `discordant_rate` of them differs between the two: 2.80 * sqrt(d / n). Needs n > 0.
double minimum_detectable_effect(double discordant_rate, std::int64_t n);

// Holm's step-down adjusted p-values, in the order given: compare each with the family-wise level.
std::vector<double> holm_adjusted(std::span<const double> p_values);

}  // namespace bantam::stats
