#pragma once
// Which rows of a task are evaluated when not all of them are: a seeded, stratified, nested choice. Knows
// nothing of templates, engines or what the rows hold.
//
// The rule. The rows of each stratum (one right answer's class) are put into a random order of their own; the
// j-th of m gets the rank (j + u) / m, with one random u in [0, 1) for each stratum. The rows in the order of
// their ranks are the order of the task, and a subset of size k is its first k rows. So every stratum has its
// share of the subset up to one row, every row is as likely to be chosen as any other, and a larger subset
// contains each smaller one of the same seed.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "evaluate/settings.hpp"

namespace bantam::evaluate {

// The rows 0 .. strata.size() - 1 in the order in which subsets take them. `strata`: the stratum of each row.
std::vector<std::int64_t> subset_order(const std::vector<std::int64_t>& strata, std::uint64_t seed);

// How many of a task's rows the settings ask for: the limit as a count, or as a share rounded up.
std::size_t subset_size(std::size_t rows, const Settings& settings);

// How many of a subset of this size the stages before the end of `stage` hold: its share, rounded up.
std::size_t rows_until(double share, std::size_t subset);

// The rows to evaluate now, ascending: those of the stage (settings.hpp) of the subset; without a stage the
// whole subset.
std::vector<std::int64_t> selected_rows(const std::vector<std::int64_t>& strata, const Settings& settings);

}  // namespace bantam::evaluate
