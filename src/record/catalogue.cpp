#include "record/catalogue.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>

#include "base/units.hpp"
#include "record/machine_metrics.hpp"
#include "record/quality_metrics.hpp"

namespace bantam::record {
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

}  // namespace bantam::record
