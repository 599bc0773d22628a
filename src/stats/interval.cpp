#include "stats/interval.hpp"

namespace bantam::stats {

Interval difference(const Interval& a, const Interval& b) {
  return {a.low - b.high, a.high - b.low};
}

std::optional<Interval> ratio(const Interval& a, const Interval& b) {
  if (!(a.low > 0.0 && b.low > 0.0)) return std::nullopt;
  return Interval{a.low / b.high, a.high / b.low};
}

}  // namespace bantam::stats
