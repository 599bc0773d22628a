#include "stats/sequential.hpp"

namespace bantam::stats {

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
  const Interval& interval = look.difference.interval;
  if (interval.low > 0.0 || interval.high < 0.0) {
    look.standing = Standing::different;
  } else if (interval.low > -width && interval.high < width) {
    look.standing = Standing::alike;
  }
  return look;
}

}  // namespace bantam::stats
