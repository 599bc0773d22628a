// inverted().

#include <utility>

#include "analyze/impact.hpp"

namespace bantam::analyze {
namespace {

Verdict inverted(Verdict verdict) {
  switch (verdict) {
    case Verdict::better:
      return Verdict::worse;
    case Verdict::worse:
      return Verdict::better;
    case Verdict::equal:
    case Verdict::alike:
    case Verdict::undecided:
      break;
  }
  return verdict;
}

void negate(std::optional<stats::Interval>& interval) {
  if (interval) interval = stats::Interval{-interval->high, -interval->low};
}

}  // namespace

Impact inverted(const Impact& impact) {
  Impact other = impact;
  std::swap(other.model, other.base_model);
  std::swap(other.precision, other.base_precision);
  std::swap(other.point, other.base_point);
  other.is_tuned = false;
  for (auto& [metric, change] : other.changes) {
    change.ratio = 1.0 / change.ratio;
    if (change.interval)
      change.interval = stats::Interval{1.0 / change.interval->high, 1.0 / change.interval->low};
    change.verdict = inverted(change.verdict);
  }
  for (ScoreChange& change : other.scores) {
    change.difference = -change.difference;
    negate(change.interval);
    negate(change.clustered);
    std::swap(change.lost, change.gained);
    if (change.decided) {
      change.decided->difference = -change.decided->difference;
      change.decided->interval = {-change.decided->interval.high, -change.decided->interval.low};
    }
    change.verdict = inverted(change.verdict);
  }
  return other;
}

}  // namespace bantam::analyze
