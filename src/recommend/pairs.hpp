#pragma once
// Any two configurations compared, each pair once. Knows nothing of what is chosen.

#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "analyze/analysis.hpp"
#include "analyze/configuration.hpp"
#include "analyze/impact.hpp"
#include "base/result.hpp"
#include "recommend/quality.hpp"

namespace bantam::recommend {

// One configuration against another.
struct Pair {
  analyze::Impact impact;
  QualityDifference quality;  // means something where both have a quality
};

class Pairs {
 public:
  // All outlive it. What the analysis has compared is not compared again.
  Pairs(const analyze::Analysis& analysis, const analyze::ScoreSource& items, const QualityTasks& tasks);

  // `index` against `base`, by place. An error of the items is passed on.
  base::Result<const Pair*> compare(std::size_t index, std::size_t base);

 private:
  void take(std::size_t index, std::size_t base, analyze::Impact impact);

  const std::vector<analyze::Configuration>& configurations_;
  const analyze::ScoreSource& items_;
  const QualityTasks& tasks_;
  std::map<std::pair<std::size_t, std::size_t>, Pair> known_;
};

}  // namespace bantam::recommend
