#include "metric/catalogue.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "base/units.hpp"
#include "metric/machine_metrics.hpp"
#include "metric/quality_metrics.hpp"

namespace bantam::metric {
namespace {

template <std::size_t N, std::size_t M>
constexpr std::array<Metric, N + M> joined(const std::array<Metric, N>& first,
                                           const std::array<Metric, M>& second) {
  std::array<Metric, N + M> all{};
  std::ranges::copy(first, all.begin());
  std::ranges::copy(second, all.begin() + N);
  return all;
}

constexpr auto kCatalogue = joined(rows::kMachineMetrics, rows::kQualityMetrics);

}  // namespace

std::span<const Metric> catalogue() {
  return kCatalogue;
}

const Metric* find_metric(std::string_view name) {
  const std::string_view base_name = name.substr(0, name.find(','));
  const auto found = std::ranges::find(kCatalogue, base_name, &Metric::name);
  return found == kCatalogue.end() ? nullptr : &*found;
}

std::string_view name(Direction direction) {
  switch (direction) {
    case Direction::lower_is_better:
      return "lower_is_better";
    case Direction::higher_is_better:
      return "higher_is_better";
    case Direction::neutral:
      return "neutral";
  }
  return "neutral";
}

std::string_view name(MetricGroup group) {
  switch (group) {
    case MetricGroup::speed:
      return "speed";
    case MetricGroup::memory:
      return "memory";
    case MetricGroup::model:
      return "model";
    case MetricGroup::accuracy:
      return "accuracy";
    case MetricGroup::generation:
      return "generation";
    case MetricGroup::fidelity:
      return "fidelity";
    case MetricGroup::similarity:
      return "similarity";
  }
  return "speed";
}

std::string format_value(const Metric& metric, double value) {
  switch (metric.format) {
    case MetricFormat::seconds:
      return base::format_seconds(value);
    case MetricFormat::bytes:
      return base::format_bytes(value);
    case MetricFormat::count:
      return base::format_count(value);
    case MetricFormat::ratio:
      return fmt::format("{:.3f}", value);
    case MetricFormat::percent:
      return fmt::format("{:.1f} %", 100.0 * value);
    case MetricFormat::fine_ratio:
      return fmt::format("{:.4f}", value);
    case MetricFormat::precise:
      return fmt::format("{:.5g}", value);
    case MetricFormat::tokens_per_s:
    case MetricFormat::number:
      return base::format_significant(value);
  }
  return base::format_significant(value);
}

namespace {

constexpr auto kHeadlines =
    std::to_array<std::string_view>({"acc_norm", "acc", "exact_match", "f1", "mcc", "word_perplexity",
                                     "perplexity", "byte_perplexity", "bits_per_byte", "brier_score"});

// The keys "exact_match" or "exact_match,FILTER"; strict filters come before flexible ones. Absent if none.
std::optional<std::string> key_of(const std::set<std::string>& keys, std::string_view metric) {
  std::optional<std::string> best;
  for (const std::string& key : keys) {
    if (key != metric && !key.starts_with(std::string(metric) + ",")) continue;
    if (!best || key.find("strict") != std::string::npos) best = key;
  }
  return best;
}

}  // namespace

bool is_score(const std::string& key) {
  const Metric* metric = find_metric(key);
  return metric && metric->group == MetricGroup::accuracy;
}

std::string headline_metric(const std::set<std::string>& keys) {
  std::set<std::string> scores;
  for (const std::string& key : keys) {
    if (is_score(key)) scores.insert(key);
  }
  for (const std::string_view metric : kHeadlines) {
    if (auto key = key_of(scores, metric)) return *key;
  }
  return scores.empty() ? "acc" : *scores.begin();
}

}  // namespace bantam::metric
