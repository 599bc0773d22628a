#include "stats/sequential.hpp"

#include <algorithm>

namespace bantam::stats {
namespace {

// An interval of shares of the items; `gained` and `lost` are counts of n > 0 items.
Interval widened(const Interval& newcombe, std::int64_t gained, std::int64_t lost, std::int64_t n) {
  const auto share = [n](std::int64_t count) { return static_cast<double>(count) / static_cast<double>(n); };
  const double most_lost = exact_interval(lost, n, look_confidence()).high;
  const double most_gained = exact_interval(gained, n, look_confidence()).high;
  return {std::min(newcombe.low, share(gained) - most_lost),
          std::max(newcombe.high, most_gained - share(lost))};
}

}  // namespace

double look_confidence() {
  return 1.0 - 0.05 / static_cast<double>(kLooks.size());
}

std::string_view name(Standing standing) {
  switch (standing) {
    case Standing::open:
      return "open";
    case Standing::different:
      return "different";
    case Standing::alike:
      return "alike";
  }
  return "open";
}

Look look_at(std::int64_t n11, std::int64_t n10, std::int64_t n01, std::int64_t n00, double width) {
  Look look;
  look.difference = newcombe_paired(n11, n10, n01, n00, look_confidence());
  look.difference.interval = widened(look.difference.interval, n10, n01, n11 + n10 + n01 + n00);
  const Interval& interval = look.difference.interval;
  if (interval.low > 0.0 || interval.high < 0.0) {
    look.standing = Standing::different;
  } else if (interval.low > -width && interval.high < width) {
    look.standing = Standing::alike;
  }
  return look;
}

}  // namespace bantam::stats
