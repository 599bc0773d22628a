#pragma once
// How sure one is of a figure that was measured in blocks, and of the ratio of two whose blocks were measured
// side by side in rounds. A block is the unit of replication: what varies from one process to the next does
// not show within one. Knows nothing of what was measured.
//
// The rule. A look is taken after each of kRoundLooks rounds, and measuring stops once an interval is narrow
// enough. Stopping so favours samples whose spread came out small, so that a 95 % interval would cover less.
// With the limits taken at kBlockConfidence it covers 93 to 98 % of the time, by simulation on skewed blocks
// (tests/stats/blocks_test): both as a fixed number of blocks and under the rule.

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "stats/interval.hpp"

namespace bantam::stats {

inline constexpr std::array<std::int64_t, 6> kRoundLooks{6, 10, 14, 20, 28, 40};
inline constexpr std::int64_t kFewestBlocks = 4;  // no interval below
inline constexpr double kBlockConfidence = 0.97;

// A 95 % interval of the median of the blocks' distribution. Below 8 blocks Student's t on their logarithms;
// from 8 on order statistics, interpolated to the confidence (Hettmansperger and Sheather 1986, Statistics &
// Probability Letters 4). `values` are positive. Absent below kFewestBlocks.
std::optional<Interval> block_interval(std::span<const double> values);

struct PairedRatio {
  double ratio = 1.0;                // a drift that takes both sides in turns cancels
  std::optional<Interval> interval;  // 95 %; absent below kFewestBlocks
};

// `log_ratios`: log(this / other), one per round, at least one. From 8 on by ranks (stats/signed_rank.hpp): a
// round in which something else slowed one side tells next to nothing about both, and a mean would follow it.
// Below, the mean of the logarithms with Student's t.
PairedRatio paired_ratio(std::span<const double> log_ratios);

// Whether a ratio may be called other than 1. A reader sees many ratios, a search looks at many after every
// round, and neighbouring blocks are a little alike: one 95 % interval in thirty beside 1 is no rare thing.
// So the interval is widened by half on the logarithmic scale; then equal cells with independent blocks are
// called different less than once in fifty (tests/stats/blocks_test), and thirteen equal choices mislead a
// search less than once in ten (tests/run/rounds_test).
inline constexpr double kApartWider = 1.5;
bool is_apart(const Interval& interval);

// How many further rounds make the interval of a ratio, or of a value, as narrow as ±`half_width` (relative),
// if the spread stays as it is. Absent without an interval; 0 when it is.
std::optional<std::int64_t> rounds_missing(const Interval& interval, std::int64_t rounds, double half_width);

// Half of the interval's length on the logarithmic scale: 0.01 is ±1 %. Infinite unless both limits are
// positive.
double relative_half_width(const Interval& interval);

}  // namespace bantam::stats
