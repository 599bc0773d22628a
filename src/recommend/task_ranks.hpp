#pragma once
// Whether tasks put configurations in the same order. By the scores as they are; where the intervals of both
// tasks tell two configurations apart, the other way round, the order is surely another one.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "analyze/analysis.hpp"
#include "recommend/recommend.hpp"
#include "stats/rank_agreement.hpp"

namespace bantam::recommend {

struct RankedConfiguration {
  std::size_t configuration = 0;
  std::vector<double> ranks;  // by task; 1 is the best, equal scores share the mean of their ranks
  double mean_rank = 0.0;
};

struct TasksAgreement {
  std::size_t first = 0;  // places in TaskRanks::columns
  std::size_t second = 0;
  stats::OrderAgreement orders;
  // Pairs of configurations in opposite orders whose intervals (95 %) do not touch on either task.
  std::int64_t surely_opposite = 0;
};

struct TaskRanks {
  std::vector<analyze::ScoreColumn> columns;  // the tasks that make up the quality
  std::vector<RankedConfiguration> configurations;
  std::vector<TasksAgreement> pairs;  // every two tasks
  std::optional<double> concordance;  // Kendall's W over all tasks
};

// Of the configurations that have a quality, and so a score of every task. Absent with fewer than two tasks
// or three such configurations.
std::optional<TaskRanks> rank_by_task(const analyze::Analysis& analysis,
                                      const Recommendation& recommendation);

}  // namespace bantam::recommend
