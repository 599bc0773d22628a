#pragma once
// Which readings are believed.

#include <map>
#include <optional>

#include "energy/reading.hpp"

namespace bantam::energy {

struct Rules {
  // More is no power of a thing of this scope, but a wrong unit. Where a source tells what its device is
  // rated for, `most_of_rated` times that counts instead, if it is less.
  std::map<Scope, double> most_w = {{Scope::package, 1000.0}, {Scope::package_part, 1000.0},
                                    {Scope::dram, 300.0},     {Scope::gpu, 2000.0},
                                    {Scope::rail, 1000.0},    {Scope::board, 3000.0},
                                    {Scope::battery, 300.0},  {Scope::wall, 5000.0}};
  double most_of_rated = 10.0;
  // Two samples of power that are further apart than so many periods have a gap between them. Gaps may take
  // this share of a window of power samples; a counter counts through a gap.
  double gap_periods = 5.0;
  double most_gap_share = 0.05;
  // A counter that stands still for longer than this many of its update periods, and for `stuck_s`, is stuck.
  double stuck_periods = 20.0;
  double stuck_s = 1.0;
  // Work went on in the window: a power that is the same to the last digit in all readings of the trace, at
  // least `stuck_periods` of them, is stuck as well.
  bool working = false;
  // A phase must take so many update periods on average; its power is not told from its neighbour's else.
  double least_phase_periods = 10.0;
};

// The bound for this source.
double most_watts(const SourceFacts& facts, const Rules& rules);

// How often the value behind the readings changes: what the source tells, but not less than the interval at
// which it was read; else the median distance between samples of power, or between changes of a counter and
// of a power that repeats, which is new with each reading where it never changes. 0 where there are no
// readings.
double update_period_s(const Trace& trace);

}  // namespace bantam::energy
