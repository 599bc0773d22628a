#include "recommend/next_measurement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/text.hpp"
#include "metric/catalogue.hpp"
#include "stats/blocks.hpp"

namespace bantam::recommend {
namespace {

// Relative; of speeds and energies, smaller ones are not worth the rounds they take.
constexpr double kFinestDifference = 0.01;

// Rounds until a speed is told apart as its step asks for; nothing where it is.
std::optional<std::string> rounds_missing(const Comparing& comparing, const std::string& objective,
                                          const analyze::Change& change, NextMeasurement& next) {
  const std::string title = title_of(objective);
  if (change.is_predicted) return fmt::format("both measured side by side in one run ({}: predicted)", title);
  if (!change.interval || change.rounds == 0)
    return fmt::format("both measured side by side in one run ({}: {})", title,
                       change.doubt.value_or("no rounds"));
  const double middle = std::log(change.ratio);
  const stats::Interval logs{std::log(change.interval->low), std::log(change.interval->high)};
  const stats::Interval wide = stats::simultaneous(logs, middle, comparing.comparisons.at(objective));
  const double wider = stats::kApartWider * (wide.high - wide.low) / (logs.high - logs.low);
  const double difference = std::max(std::abs(middle), kFinestDifference);
  if (!(logs.high > logs.low)) return std::nullopt;
  next.rounds = stats::rounds_missing(*change.interval, change.rounds, difference / wider);
  if (next.rounds.value_or(0) == 0) return std::nullopt;
  return fmt::format("about {} more {} of both ({})", *next.rounds, *next.rounds == 1 ? "round" : "rounds",
                     title);
}

// Items until the quality of the choice is shown to be better, worse, or no worse by more than the margin;
// nothing where it is, or where nothing was scored.
std::optional<std::string> items_missing(const Comparing& comparing, const QualityDifference& quality,
                                         NextMeasurement& next) {
  if (std::ranges::find(comparing.objectives, kQuality) == comparing.objectives.end() || quality.is_imported)
    return std::nullopt;
  std::vector<std::string> names;
  for (const QualityTask& task : comparing.facts.tasks.tasks) names.push_back(task.column.task);
  const std::string tasks = base::join(names, ", ");
  if (!quality.interval || quality.items == 0)
    return fmt::format("both scored on the same items ({})", tasks);
  if (quality.interval->low >= -comparing.margin || quality.interval->high <= 0.0) return std::nullopt;
  // It has to end above -margin, or leave 0 out below: whichever is nearer.
  const double value = quality.value;
  double times = std::numeric_limits<double>::infinity();
  if (value > -comparing.margin)
    times = std::pow((value - quality.interval->low) / (value + comparing.margin), 2);
  if (value < 0.0) times = std::min(times, std::pow((quality.interval->high - value) / value, 2));
  next.items = static_cast<std::int64_t>(
      std::ceil(std::max(0.0, times - 1.0) * static_cast<double>(quality.items) + 1.0));
  return fmt::format("about {} more {} ({})", *next.items, *next.items == 1 ? "item" : "items", tasks);
}

}  // namespace

std::optional<NextMeasurement> next_measurement(const Comparing& comparing, std::size_t rival,
                                                const Pair& pair) {
  NextMeasurement next;
  next.rival = rival;
  if (auto what = items_missing(comparing, pair.quality, next)) {
    next.kind = next.items ? NextMeasurement::Kind::items : NextMeasurement::Kind::same_items;
    next.known = pair.quality.items;
    next.what = *std::move(what);
    return next;
  }
  for (const std::string& objective : comparing.objectives) {
    const metric::Metric* metric = metric::find_metric(objective);
    if (metric == nullptr || !is_in_rounds(*metric)) continue;
    next.is_of_energy = metric->group == metric::MetricGroup::energy;
    const auto change = pair.impact.changes.find(objective);
    const auto refused = pair.impact.refused.find(std::string(analyze::kEnergy));
    std::optional<std::string> what;
    if (change != pair.impact.changes.end())
      what = rounds_missing(comparing, objective, change->second, next);
    else if (next.is_of_energy && refused != pair.impact.refused.end())
      what =
          fmt::format("both measured side by side in one run ({}: {})", title_of(objective), refused->second);
    if (!what) continue;
    next.kind = next.rounds ? NextMeasurement::Kind::rounds : NextMeasurement::Kind::first_rounds;
    next.known = change == pair.impact.changes.end() ? 0 : change->second.rounds;
    next.what = *std::move(what);
    return next;
  }
  return std::nullopt;
}

}  // namespace bantam::recommend
