#pragma once
// Looking at a growing set of paired right-or-wrong items several times, and stopping as soon as the verdict
// stands. Knows nothing of what is compared or of how items are run.
//
// The rule. The looks are planned before the first one: after each of these shares of the items. At each look
// an interval of the difference is taken at the confidence 1 - 0.05 / looks. By Bonferroni's inequality the
// true difference lies in all of them at once with at least 95 %, whenever one stops. So a difference of 0 is
// called one at most 5 % of the time, and so is one that is not within the width.
//
// The interval is Newcombe's paired one. Where few items differ and most of them in one direction it is too
// narrow (in simulations a loss of the width was called none up to 9 % of the time), so it is widened to the
// exact limits of Clopper and Pearson: down to gained - high(lost), up to high(gained) - lost.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "stats/proportion.hpp"

namespace bantam::stats {

inline constexpr std::array<double, 4> kLooks{0.125, 0.25, 0.5, 1.0};

// The confidence of one look's interval: 1 - 0.05 / looks.
double look_confidence();

enum class Standing {
  open,       // more items may tell
  different,  // the interval is on one side of 0
  alike,      // the interval is within -width and width
};
std::string_view name(Standing standing);

struct Look {
  PairedDifference difference;  // interval at look_confidence()
  Standing standing = Standing::open;
};

// The counts of newcombe_paired(); there is at least one item. width > 0: the difference that would matter,
// as a share.
Look look_at(std::int64_t n11, std::int64_t n10, std::int64_t n01, std::int64_t n00, double width);

}  // namespace bantam::stats
