#pragma once
// What the scenario sustained says: how fast tokens came at first and at last, and when it became slower for
// good. Pure.

#include <optional>
#include <string>
#include <vector>

#include "measure/figures.hpp"
#include "measure/serving_figures.hpp"
#include "measure/summary.hpp"

namespace bantam::measure {

// A gap between two tokens of a request.
struct Gap {
  double end_s = 0.0;  // since the first request was handed over
  double length_s = 0.0;
};
// All gaps in the order of time.
std::vector<Gap> gaps_over_time(const Trials& trials);

struct Pace {
  double whole_s = 0.0;   // to the last token
  double window_s = 0.0;  // of the burst: 30 s, or a tenth of the whole where that is shorter
  // Tokens per second of decoding: gaps by their sum, so that prompts do not count.
  double burst_tokens_per_s = 0.0;   // over the first window
  double steady_tokens_per_s = 0.0;  // over the last quarter
  // When the rate over the last window fell below 95 % of the burst and stayed there, for a window at least.
  std::optional<double> throttle_after_s;
};
inline constexpr double kLongestBurstS = 30.0;
inline constexpr double kThrottled = 0.95;  // of the burst
// Absent where no gap ends within the burst, or none in the last quarter.
std::optional<Pace> pace_of(const std::vector<Gap>& gaps);

// The metrics of the counted trials of sustained; `all` are those of all scenarios, of blocks that do not
// count, too. A warning where requests take longer than the burst, which then holds a part of one only.
void add_sustained(Summary& summary, const Trials& trials, const Trials& all, const Load& load,
                   const Put& put);

}  // namespace bantam::measure
