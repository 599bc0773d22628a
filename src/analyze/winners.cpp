#include "analyze/winners.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "analyze/impact.hpp"
#include "analyze/verdict.hpp"
#include "metric/catalogue.hpp"

namespace bantam::analyze {
namespace {

using metric::Direction;
using metric::Metric;

bool is_better(const Metric& metric, double a, double b) {
  return metric.direction == Direction::lower_is_better ? a < b : a > b;
}

// Whether the first of two configurations, by index, is better for sure.
using IsBetter = std::function<bool(std::size_t, std::size_t)>;

// Appends the winner among `entries`, one per configuration, when there is a contest.
void decide(std::vector<Winner>& winners, std::string_view task, const std::string& key,
            const std::vector<Entry>& entries, const IsBetter& is_surely_better) {
  const Metric* metric = metric::find_metric(key);
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
    if (i != winner.best && !is_surely_better(winner.best, i)) winner.sharing.push_back(i);
  }
  winners.push_back(std::move(winner));
}

using Obstacle = std::optional<std::string> (*)(const record::Record&, const record::Record&);

// True when the cells of this task may stand side by side; else a note tells why not.
bool is_contest(const std::vector<Configuration>& configurations, const std::string& task, Obstacle obstacle,
                std::vector<std::string>& notes) {
  const record::Record* first = nullptr;
  for (const Configuration& configuration : configurations) {
    const auto cell = configuration.cells.find(task);
    if (cell == configuration.cells.end() || cell->second.outcome != record::Outcome::ok) continue;
    if (first == nullptr) first = &cell->second;
    if (const auto reason = obstacle(*first, cell->second)) {
      notes.push_back(fmt::format("{}: no best is named, {}", task, *reason));
      return false;
    }
  }
  return true;
}

// Scores on different parts of the items, chosen by what was seen of them, have no best one.
bool is_stopped_early(const std::vector<Configuration>& configurations, const std::string& task) {
  return std::ranges::any_of(configurations, [&](const Configuration& configuration) {
    const auto cell = configuration.cells.find(task);
    if (cell == configuration.cells.end()) return false;
    const auto taken = stages(cell->second);
    return taken && taken->stopped_early();
  });
}

// Its score, unless it gave no answers: it is then neither the best nor to be told from the best.
Entry contender(const Configuration& configuration, const ScoreColumn& column) {
  Entry entry = score_entry(configuration, column);
  if (!entry.value) return entry;
  if (auto reason = why_no_answers(configuration.cells.at(column.task)))
    return {std::nullopt, *std::move(reason)};
  return entry;
}

}  // namespace

std::vector<Winner> find_winners(const std::vector<Configuration>& configurations,
                                 const std::vector<ScoreColumn>& columns, std::vector<std::string>& notes) {
  std::vector<Winner> winners;
  const bool same_work = is_contest(configurations, std::string(kPerformance), speed_obstacle, notes);
  const bool same_sensor = is_contest(configurations, std::string(kEnergy), energy_obstacle, notes);
  for (const Metric& metric : metric::catalogue()) {
    const bool is_measured =
        metric.group == metric::MetricGroup::speed || metric.group == metric::MetricGroup::memory;
    const bool may_compare = metric.group == metric::MetricGroup::model || (is_measured && same_work) ||
                             (metric.group == metric::MetricGroup::energy && same_sensor);
    if (!may_compare) continue;
    // Parts of a model's memory are no merit: what is mapped is missing in one and the whole of another.
    if (metric.group == metric::MetricGroup::memory && !metric.is_headline) continue;
    for (const bool encodes : {false, true}) {
      std::vector<Entry> entries;
      for (const Configuration& configuration : configurations) {
        Entry entry = configuration.encodes == encodes ? metric_entry(configuration, metric.name) : Entry{};
        entries.push_back(entry.is_predicted() ? Entry{} : std::move(entry));
      }
      decide(winners, kPerformance, std::string(metric.name), entries, [&](std::size_t a, std::size_t b) {
        const auto change = find_change(metric, configurations[a], configurations[b]);
        return change && change->verdict == Verdict::better;
      });
    }
  }
  std::string_view task;  // whose obstacle was told
  for (const ScoreColumn& column : columns) {
    if (is_stopped_early(configurations, column.task)) {
      if (task != column.task)
        notes.push_back(
            fmt::format("{}: no best is named, items were taken until each was decided", column.task));
      task = column.task;
      continue;
    }
    if (task == column.task || !is_contest(configurations, column.task, score_obstacle, notes)) {
      task = column.task;
      continue;
    }
    std::vector<Entry> entries;
    for (const Configuration& configuration : configurations)
      entries.push_back(contender(configuration, column));
    decide(winners, column.task, column.metric, entries, [&](std::size_t a, std::size_t b) {
      return compare(*metric::find_metric(column.metric), *entries[a].value, *entries[b].value) ==
             Verdict::better;
    });
  }
  return winners;
}

}  // namespace bantam::analyze
