#pragma once
// The metric catalogue: the one table behind JSON keys, CSV columns, table heads and docs/metrics.md.

#include <span>
#include <string>
#include <string_view>

namespace bantam::record {

enum class Direction { lower_is_better, higher_is_better, neutral };
enum class MetricFormat { seconds, bytes, tokens_per_s, count, ratio, fine_ratio, percent, number, precise };
enum class MetricGroup { speed, memory, model, accuracy, generation, fidelity, similarity };

struct Metric {
  std::string_view name;   // JSON key and CSV column; carries the unit (ttft_s)
  std::string_view title;  // table head
  std::string_view unit;   // "s", "B", "tok/s", "" for none
  Direction direction = Direction::neutral;
  MetricFormat format = MetricFormat::number;
  MetricGroup group = MetricGroup::speed;
  std::string_view definition;   // one sentence with the formula
  std::string_view absent_when;  // "" when never
};

std::span<const Metric> catalogue();
// Null when the catalogue has no such name. A key with a filter ("exact_match,strict-match") finds its
// metric.
const Metric* find_metric(std::string_view name);

std::string_view name(Direction direction);
std::string_view name(MetricGroup group);
// A value for people, in the metric's format: "14.2 ms", "7.1 MiB", "74.3", "0.812".
std::string format_value(const Metric& metric, double value);

}  // namespace bantam::record
