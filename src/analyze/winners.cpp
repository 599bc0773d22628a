#include "analyze/winners.hpp"

#include "analyze/verdict.hpp"
#include "record/catalogue.hpp"

namespace bantam::analyze {
namespace {

using record::Direction;
using record::Metric;

bool is_better(const Metric& metric, double a, double b) {
  return metric.direction == Direction::lower_is_better ? a < b : a > b;
}

// Appends the winner among `entries`, one per configuration, when there is a contest.
void decide(std::vector<Winner>& winners, std::string_view task, const std::string& key,
            const std::vector<Entry>& entries) {
  const Metric* metric = record::find_metric(key);
  if (!metric || metric->direction == Direction::neutral) return;
  std::vector<std::size_t> present;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].value) present.push_back(i);
  }
  if (present.size() < 2) return;
  Winner winner{std::string(task), key, present.front(), {}};
  for (const std::size_t i : present) {
    if (is_better(*metric, entries[i].value->value, entries[winner.best].value->value)) winner.best = i;
  }
  for (const std::size_t i : present) {
    if (i != winner.best &&
        compare(*metric, *entries[winner.best].value, *entries[i].value) != Verdict::better) {
      winner.sharing.push_back(i);
    }
  }
  winners.push_back(std::move(winner));
}

}  // namespace

std::vector<Winner> winners_of(const std::vector<Configuration>& configurations,
                               const std::vector<ScoreColumn>& columns) {
  std::vector<Winner> winners;
  for (const Metric& metric : record::catalogue()) {
    if (metric.group == record::MetricGroup::accuracy || metric.group == record::MetricGroup::generation)
      continue;
    std::vector<Entry> entries;
    for (const Configuration& configuration : configurations)
      entries.push_back(value_of(configuration, metric.name));
    decide(winners, kPerformance, std::string(metric.name), entries);
  }
  for (const ScoreColumn& column : columns) {
    std::vector<Entry> entries;
    for (const Configuration& configuration : configurations)
      entries.push_back(score_of(configuration, column));
    decide(winners, column.task, column.metric, entries);
  }
  return winners;
}

}  // namespace bantam::analyze
