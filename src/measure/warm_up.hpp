#pragma once
// When a warm-up ends. The first runs of a process are slower: pages are touched for the first time, caches
// and predictors fill, the CPU leaves its idle frequency. Pure.

#include <optional>
#include <span>

namespace bantam::measure {

inline constexpr int kFewestWarmups = 2;  // one alone has nothing to be compared with
inline constexpr int kMostWarmups = 10;
inline constexpr double kWarmWithin = 0.01;

// Whether runs are no longer getting faster. `times_s`: of all runs so far, in their order. They are when the
// last one took as long, within kWarmWithin, as the fastest before it, or when neither of the last two was
// faster than all before them: noise hides what trend is left. What gets slower is no warm-up; the gates see
// to it. Absent below kFewestWarmups.
std::optional<bool> is_warm(std::span<const double> times_s);

// Whether a further run warms up. `forced`: their number, where the user gives it. `elapsed_s`: since the
// first began. A warm-up ends after kMostWarmups, after the block's budget, and from the second run on after
// a quarter of it.
bool warms_up_further(std::span<const double> times_s, std::optional<int> forced, double elapsed_s,
                      double budget_s);

}  // namespace bantam::measure
