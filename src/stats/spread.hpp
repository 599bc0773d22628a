#pragma once
// How far the time of a piece of work may lie from the median of its repetitions, where the machine was not
// quiet.

#include <span>

namespace bantam::stats {

// As factors of the median.
struct Spread {
  double least = 1.0;  // at most 1
  double most = 1.0;   // at least 1

  // The larger distance from 1, as a share.
  double error() const;
};

// From the 10th to the 90th percentile of the repetitions.
Spread spread_of(std::span<const double> seconds);

// The work got only `share` of the time that a quiet machine would have given it: there it may take as much
// less.
Spread with_share(const Spread& spread, double share);

}  // namespace bantam::stats
