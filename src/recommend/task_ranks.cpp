#include "recommend/task_ranks.hpp"

#include <numeric>

namespace bantam::recommend {
namespace {

using Entries = std::vector<record::Value>;  // one task, by configuration

// -1: a is surely lower than b, 1: surely higher, 0: not told.
int sure_order(const record::Value& a, const record::Value& b) {
  if (!a.interval || !b.interval) return 0;
  if (a.interval->high < b.interval->low) return -1;
  return a.interval->low > b.interval->high ? 1 : 0;
}

std::vector<double> values_of(const Entries& entries) {
  std::vector<double> values;
  for (const record::Value& entry : entries) values.push_back(entry.value);
  return values;
}

TasksAgreement agreement(const std::vector<Entries>& tasks, std::size_t first, std::size_t second) {
  TasksAgreement found{first, second,
                       stats::order_agreement(values_of(tasks[first]), values_of(tasks[second]))};
  for (std::size_t i = 0; i < tasks[first].size(); ++i) {
    for (std::size_t j = i + 1; j < tasks[first].size(); ++j) {
      found.surely_opposite +=
          sure_order(tasks[first][i], tasks[first][j]) * sure_order(tasks[second][i], tasks[second][j]) < 0;
    }
  }
  return found;
}

}  // namespace

std::optional<TaskRanks> rank_by_task(const analyze::Analysis& analysis,
                                      const Recommendation& recommendation) {
  TaskRanks ranks;
  for (const QualityTask& task : recommendation.tasks.tasks) ranks.columns.push_back(task.column);
  std::vector<Entries> tasks(ranks.columns.size());
  for (std::size_t i = 0; i < analysis.configurations.size(); ++i) {
    if (!recommendation.qualities[i]) continue;
    Entries scores;
    for (const analyze::ScoreColumn& column : ranks.columns) {
      const auto entry = analyze::score_entry(analysis.configurations[i], column);
      if (entry.value) scores.push_back(*entry.value);
    }
    if (scores.size() != tasks.size()) continue;
    ranks.configurations.push_back({i, {}, 0.0});
    for (std::size_t task = 0; task < tasks.size(); ++task) tasks[task].push_back(scores[task]);
  }
  if (tasks.size() < 2 || ranks.configurations.size() < 3) return std::nullopt;

  std::vector<std::vector<double>> orders;
  for (const Entries& entries : tasks) orders.push_back(stats::ranks_of(values_of(entries), true));
  for (std::size_t i = 0; i < ranks.configurations.size(); ++i) {
    RankedConfiguration& one = ranks.configurations[i];
    for (const auto& order : orders) one.ranks.push_back(order[i]);
    one.mean_rank =
        std::accumulate(one.ranks.begin(), one.ranks.end(), 0.0) / static_cast<double>(orders.size());
  }
  for (std::size_t first = 0; first < tasks.size(); ++first) {
    for (std::size_t second = first + 1; second < tasks.size(); ++second)
      ranks.pairs.push_back(agreement(tasks, first, second));
  }
  ranks.concordance = stats::concordance(orders);
  return ranks;
}

}  // namespace bantam::recommend
