#include "recommend/objective.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>

#include "metric/catalogue.hpp"
#include "recommend/recommend.hpp"
#include "stats/blocks.hpp"
#include "stats/weighted_sum.hpp"

namespace bantam::recommend {
namespace {

using stats::Interval;

Side side(bool is_told, bool is_higher, bool higher_is_better) {
  if (!is_told) return Side::not_told;
  return is_higher == higher_is_better ? Side::better : Side::worse;
}

// Where an interval lies that may hold 0.
Side side_of_zero(const Interval& interval, bool higher_is_better) {
  const bool is_above = interval.low > 0.0;
  const bool is_below = interval.high < 0.0;
  return side(is_above || is_below, is_above, higher_is_better);
}

Side side_of(analyze::Verdict verdict) {
  if (verdict == analyze::Verdict::better) return Side::better;
  return verdict == analyze::Verdict::worse ? Side::worse : Side::not_told;
}

// As wide as it has to be for a speed to be called apart (stats::is_apart).
Interval apart_by(const Interval& logs, double middle) {
  return {middle - stats::kApartWider * (middle - logs.low),
          middle + stats::kApartWider * (logs.high - middle)};
}

// "12.1 points lower [8.0, 16.2]" in the direction of the middle.
std::string points_text(double difference, const Interval& interval) {
  const bool is_lower = difference < 0.0;
  const double low = is_lower ? -interval.high : interval.low;
  const double high = is_lower ? -interval.low : interval.high;
  return fmt::format("{:.1f} points {} [{:.1f}, {:.1f}]", 100.0 * std::abs(difference),
                     is_lower ? "lower" : "higher", 100.0 * low + 0.0, 100.0 * high + 0.0);
}

Against by_quality(const QualityDifference& difference, std::int64_t comparisons) {
  if (!difference.interval)
    return {Side::not_told, fmt::format("quality {:+.1f} points, without an interval ({})",
                                        100.0 * difference.value, difference.why_not)};
  const Interval wide = stats::simultaneous(*difference.interval, difference.value, comparisons);
  const Side found = side_of_zero(wide, true);
  if (wide.low == wide.high)  // imported
    return {found, fmt::format("quality {:.1f} points {}", 100.0 * std::abs(difference.value),
                               difference.value < 0.0 ? "lower" : "higher")};
  return {found, "quality " + points_text(difference.value, wide)};
}

// Where one is predicted, they are told apart by where both may lie.
Against by_memory(const MemoryNeed& own, const MemoryNeed& other) {
  const bool is_predicted = own.error > 0.0 || other.error > 0.0;
  const bool is_higher = own.bytes > other.bytes;
  const MemoryNeed& larger = is_higher ? own : other;
  const MemoryNeed& smaller = is_higher ? other : own;
  const double tolerance = analyze::kMemoryTolerance;
  const bool is_told = is_predicted
                           ? larger.bytes * (1.0 - std::max(larger.error, tolerance)) >
                                 smaller.bytes * (1.0 + std::max(smaller.error, tolerance))
                           : std::abs(own.bytes - other.bytes) > tolerance * std::max(own.bytes, other.bytes);
  return {side(is_told, is_higher, false),
          fmt::format("memory need {:.2f}x{}", own.bytes / other.bytes, is_predicted ? " as predicted" : "")};
}

Against by_metric(std::string_view objective, const Facts& facts, const Pair& pair, std::size_t index,
                  std::size_t base, std::int64_t comparisons) {
  const metric::Metric& metric = *metric::find_metric(objective);
  const bool higher = metric.direction == metric::Direction::higher_is_better;
  const std::string title = title_of(objective);
  const auto found = pair.impact.changes.find(std::string(objective));
  if (found == pair.impact.changes.end()) {
    // Damage does not depend on the machine, and a figure that is 0 has no ratio: by the values.
    const bool is_energy = metric.group == metric::MetricGroup::energy;
    const auto refused =
        pair.impact.refused.find(std::string(is_energy ? analyze::kEnergy : analyze::kPerformance));
    const bool is_damage =
        metric.group == metric::MetricGroup::fidelity || metric.group == metric::MetricGroup::similarity;
    if (!is_damage && refused != pair.impact.refused.end())
      return {Side::not_told, fmt::format("{} is not compared: {}", title, refused->second)};
    const auto own = analyze::metric_entry(facts.configurations[index], objective).value;
    const auto other = analyze::metric_entry(facts.configurations[base], objective).value;
    if (!own || !other) return {Side::not_told, title + " is not compared"};
    return {side_of(analyze::compare(metric, *own, *other)),
            fmt::format("{} {} and {}", title, metric::format_value(metric, own->value),
                        metric::format_value(metric, other->value))};
  }
  const analyze::Change& change = found->second;
  if (change.is_predicted) {
    const std::string spread =
        change.interval ? fmt::format(" [{:.2f}, {:.2f}]", change.interval->low, change.interval->high) : "";
    return {side_of(change.verdict), fmt::format("{} {:.2f}x{} as predicted", title, change.ratio, spread)};
  }
  if (!change.interval) {
    const std::string text = fmt::format("{} {:.2f}x", title, change.ratio);
    const bool is_imported = analyze::is_imported(facts.configurations[index], metric) &&
                             analyze::is_imported(facts.configurations[base], metric);
    if (is_imported) return {side(change.ratio != 1.0, change.ratio > 1.0, higher), text};
    return {side_of(change.verdict), text};  // facts are exact, memory is told to 2 %
  }
  const Interval logs{std::log(change.interval->low), std::log(change.interval->high)};
  Interval wide = stats::simultaneous(logs, std::log(change.ratio), comparisons);
  if (is_in_rounds(metric)) wide = apart_by(wide, std::log(change.ratio));
  return {side_of_zero(wide, higher), fmt::format("{} {:.2f}x [{:.2f}, {:.2f}]", title, change.ratio,
                                                  std::exp(wide.low), std::exp(wide.high))};
}

}  // namespace

bool is_in_rounds(const metric::Metric& metric) {
  return metric.group == metric::MetricGroup::speed || metric.group == metric::MetricGroup::energy;
}

std::string name_of(const analyze::Configuration& configuration) {
  return fmt::format("{} {}", configuration.model, configuration.setup());
}

tl::expected<double, std::string> value_by(std::string_view objective, const Facts& facts,
                                           std::size_t index) {
  if (objective == kQuality) {
    const auto& quality = facts.qualities[index];
    if (quality) return quality->value;
    return tl::unexpected(quality.error().reason);
  }
  if (objective == kMemory) {
    const auto& need = facts.needs[index];
    if (need) return need->bytes;
    return tl::unexpected("its memory need is not known: " + need.error());
  }
  const analyze::Entry entry = analyze::metric_entry(facts.configurations[index], objective);
  if (entry.value) return entry.value->value;
  return tl::unexpected(fmt::format("{} is not known: {}", title_of(objective), entry.absent));
}

bool is_higher_better(std::string_view objective) {
  if (objective == kQuality) return true;
  if (objective == kMemory) return false;
  return metric::find_metric(objective)->direction == metric::Direction::higher_is_better;
}

std::string title_of(std::string_view objective) {
  if (objective == kQuality) return "quality";
  if (objective == kMemory) return "memory need";
  std::string title(metric::find_metric(objective)->title);
  // "Decode" within a sentence, but "TTFT".
  if (title.size() > 1 && std::islower(static_cast<unsigned char>(title[1])) != 0)
    title[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(title[0])));
  return title;
}

bool is_predicted(std::string_view objective, const Facts& facts, std::size_t index) {
  if (objective == kQuality) return false;
  if (objective == kMemory) {
    const auto& need = facts.needs[index];
    return need && need->evidence == record::Evidence::predicted;
  }
  return analyze::metric_entry(facts.configurations[index], objective).is_predicted();
}

double most_gain(std::string_view objective, const Facts& facts, const Pair& pair, std::size_t index,
                 std::size_t base) {
  const auto own = value_by(objective, facts, index);
  const auto other = value_by(objective, facts, base);
  if (!own || !other) return 0.0;
  constexpr double kUnknown = std::numeric_limits<double>::infinity();
  if (objective == kQuality) return pair.quality.interval ? pair.quality.interval->high : kUnknown;
  if (*own == *other || (*own > *other) != is_higher_better(objective)) return 0.0;
  const auto change = pair.impact.changes.find(std::string(objective));
  const double exact = std::abs(*own / *other - 1.0);
  if (objective == kMemory) return exact;
  if (change == pair.impact.changes.end()) return kUnknown;
  if (!change->second.interval) {
    const metric::Metric& metric = *metric::find_metric(objective);
    const bool is_imported_energy = metric.group == metric::MetricGroup::energy &&
                                    analyze::is_imported(facts.configurations[index], metric) &&
                                    analyze::is_imported(facts.configurations[base], metric);
    return is_in_rounds(metric) && !is_imported_energy ? kUnknown : exact;
  }
  const stats::Interval& interval = *change->second.interval;
  return is_higher_better(objective) ? interval.high - 1.0 : 1.0 - interval.low;
}

Against against(std::string_view objective, const Facts& facts, const Pair& pair, std::size_t index,
                std::size_t base, std::int64_t comparisons) {
  if (objective == kQuality) return by_quality(pair.quality, comparisons);
  if (objective == kMemory) return by_memory(*facts.needs[index], *facts.needs[base]);
  return by_metric(objective, facts, pair, index, base, comparisons);
}

}  // namespace bantam::recommend
