#include "stats/weighted_sum.hpp"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>

namespace bantam::stats {

Sum weighted_sum(std::span<const Term> terms) {
  Sum sum;
  double below = 0.0;
  double above = 0.0;
  for (const Term& term : terms) {
    const double middle = term.weight * term.value;
    const double one = term.weight * term.interval.low;
    const double other = term.weight * term.interval.high;
    sum.value += middle;
    below += std::pow(middle - std::min(one, other), 2);
    above += std::pow(std::max(one, other) - middle, 2);
  }
  sum.interval = {sum.value - std::sqrt(below), sum.value + std::sqrt(above)};
  return sum;
}

Interval simultaneous(const Interval& interval, double value, std::int64_t comparisons) {
  const auto reach = [](double share) {
    return boost::math::quantile(boost::math::complement(boost::math::normal(), share / 2.0));
  };
  const double wider = reach(0.05 / static_cast<double>(comparisons)) / reach(0.05);
  return {value - wider * (value - interval.low), value + wider * (interval.high - value)};
}

}  // namespace bantam::stats
