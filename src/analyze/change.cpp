#include "analyze/change.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "record/block.hpp"
#include "stats/blocks.hpp"

namespace bantam::analyze {
namespace {

using record::BlockFigures;

constexpr double kFinestDifference = 0.01;  // relative; smaller ones are not worth the rounds they take

// Of the cell that measures the metrics of this group.
std::vector<BlockFigures> blocks_of(const Configuration& configuration, metric::MetricGroup group) {
  const auto cell =
      configuration.cells.find(std::string(group == metric::MetricGroup::energy ? kEnergy : kPerformance));
  if (cell == configuration.cells.end()) return {};
  return record::block_figures(cell->second);
}

// The metric in the blocks that count; of a block that does not, nothing.
const double* value_in(const BlockFigures& block, const std::string& metric) {
  const auto found = block.values.find(metric);
  return block.reasons.empty() && found != block.values.end() ? &found->second : nullptr;
}

// One per round in which both were measured side by side.
std::vector<double> log_ratios(const std::string& metric, const std::vector<BlockFigures>& own,
                               const std::vector<BlockFigures>& baseline) {
  std::vector<double> ratios;
  for (const BlockFigures& block : own) {
    const auto other = std::ranges::find_if(baseline, [&](const BlockFigures& candidate) {
      return candidate.round == block.round && candidate.series == block.series;
    });
    if (other == baseline.end()) continue;
    const double* value = value_in(block, metric);
    const double* reference = value_in(*other, metric);
    if (value != nullptr && reference != nullptr && *value > 0.0 && *reference > 0.0)
      ratios.push_back(std::log(*value / *reference));
  }
  return ratios;
}

bool has_metric(const std::vector<BlockFigures>& blocks, const std::string& metric) {
  return std::ranges::any_of(blocks,
                             [&](const BlockFigures& block) { return block.values.contains(metric); });
}

bool leaves_one_out(const stats::Interval& interval) {
  return interval.low > 1.0 || interval.high < 1.0;
}

// Which side of 1, for an interval that is told to be apart from it.
Verdict side_of(const metric::Metric& metric, const std::optional<stats::Interval>& interval) {
  if (!interval || metric.direction == metric::Direction::neutral) return Verdict::undecided;
  const bool higher = interval->low > 1.0;
  return higher == (metric.direction == metric::Direction::higher_is_better) ? Verdict::better
                                                                             : Verdict::worse;
}

std::string doubt_of_rounds(const Change& change) {
  if (!change.interval) {
    return fmt::format("{} {} measured side by side, {} are needed", change.rounds,
                       change.rounds == 1 ? "round was" : "rounds were", stats::kFewestBlocks);
  }
  const double difference =
      std::max(std::abs(std::log(change.ratio)), kFinestDifference) / stats::kApartWider;
  const auto missing = stats::rounds_missing(*change.interval, change.rounds, difference);
  if (!missing || *missing == 0) return fmt::format("less than {:g} %", 100.0 * kFinestDifference);
  if (leaves_one_out(*change.interval))
    return fmt::format(
        "so near to 1 that chance brings such a ratio too often; about {} more rounds would tell", *missing);
  return fmt::format("not told by {} rounds, about {} more would tell", change.rounds, *missing);
}

void compare_apart(const metric::Metric& metric, const record::Value& value, const record::Value& reference,
                   bool in_blocks, Change& change) {
  // The intervals of one process each say nothing about what another process would have measured.
  if (!in_blocks) {
    change.doubt = "not measured in rounds: run it again with --retry";
    return;
  }
  const auto own = interval_of(value);
  const auto other = interval_of(reference);
  if (own && other) change.interval = stats::ratio(*own, *other);
  if (change.interval) {
    change.interval->low /= 1.0 + kApartAllowance;
    change.interval->high *= 1.0 + kApartAllowance;
  }
  // Widened already.
  if (change.interval && leaves_one_out(*change.interval)) change.verdict = side_of(metric, change.interval);
  if (change.verdict == Verdict::undecided) change.doubt = "not measured side by side";
}

// Of a metric that is measured in rounds.
Change rounds_change(const metric::Metric& metric, const Configuration& configuration,
                     const record::Value& value, const Configuration& baseline,
                     const record::Value& reference) {
  const std::string name(metric.name);
  const auto own = blocks_of(configuration, metric.group);
  const auto other = blocks_of(baseline, metric.group);
  Change change;
  const auto ratios = log_ratios(name, own, other);
  change.rounds = std::ssize(ratios);
  if (ratios.empty()) {
    change.ratio = value.value / reference.value;
    compare_apart(metric, value, reference, has_metric(own, name) && has_metric(other, name), change);
    return change;
  }
  const stats::PairedRatio paired = stats::paired_ratio(ratios);
  change.ratio = paired.ratio;
  change.interval = paired.interval;
  if (paired.interval && stats::is_apart(*paired.interval)) change.verdict = side_of(metric, paired.interval);
  if (change.verdict == Verdict::undecided) change.doubt = doubt_of_rounds(change);
  return change;
}

// From where to where a value of which one side is predicted may lie. Absent where nothing tells.
std::optional<stats::Interval> bounds(const metric::Metric& metric, const Entry& entry) {
  const auto interval = interval_of(*entry.value);
  if (entry.is_predicted()) return interval;
  // A measured one, of a process of its own.
  const bool is_memory = metric.group == metric::MetricGroup::memory;
  if (interval && !is_memory)
    return stats::Interval{interval->low / (1.0 + kApartAllowance), interval->high * (1.0 + kApartAllowance)};
  if (interval || !is_memory) return interval;
  return stats::Interval{entry.value->value * (1.0 - kMemoryTolerance),
                         entry.value->value * (1.0 + kMemoryTolerance)};
}

Change predicted_change(const metric::Metric& metric, const Entry& own, const Entry& reference) {
  Change change;
  change.ratio = own.value->value / reference.value->value;
  change.is_predicted = true;
  const auto left = bounds(metric, own);
  const auto right = bounds(metric, reference);
  if (left && right) change.interval = stats::ratio(*left, *right);
  if (change.interval && leaves_one_out(*change.interval)) change.verdict = side_of(metric, change.interval);
  if (change.verdict == Verdict::undecided) change.doubt = "predicted, not measured";
  return change;
}

}  // namespace

double Change::factor(const metric::Metric& metric) const {
  return metric.direction == metric::Direction::lower_is_better ? 1.0 / ratio : ratio;
}

std::optional<stats::Interval> Change::factor_interval(const metric::Metric& metric) const {
  if (!interval || metric.direction != metric::Direction::lower_is_better) return interval;
  return stats::Interval{1.0 / interval->high, 1.0 / interval->low};
}

std::optional<Change> find_change(const metric::Metric& metric, const Configuration& configuration,
                                  const Configuration& baseline) {
  const Entry own = metric_entry(configuration, metric.name);
  const Entry reference = metric_entry(baseline, metric.name);
  if (!own.value || !reference.value || own.value->value == 0.0 || reference.value->value == 0.0)
    return std::nullopt;
  const bool is_fact = metric.group == metric::MetricGroup::model;
  if ((own.is_predicted() || reference.is_predicted()) && !is_fact)
    return predicted_change(metric, own, reference);
  const bool is_in_rounds =
      metric.group == metric::MetricGroup::speed ||
      (metric.group == metric::MetricGroup::energy && !own.is_imported() && !reference.is_imported());
  if (is_in_rounds && metric.direction != metric::Direction::neutral)
    return rounds_change(metric, configuration, *own.value, baseline, *reference.value);
  Change change;
  change.ratio = own.value->value / reference.value->value;
  const auto own_interval = interval_of(*own.value);
  const auto reference_interval = interval_of(*reference.value);
  if (own_interval && reference_interval) change.interval = stats::ratio(*own_interval, *reference_interval);
  change.verdict = compare(metric, *own.value, *reference.value);
  return change;
}

}  // namespace bantam::analyze
