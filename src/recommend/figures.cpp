#include "recommend/figures.hpp"

#include <algorithm>

namespace bantam::recommend {
namespace {

// A cell that failed says nothing of what the model would be.
bool has_failed(const analyze::Configuration& configuration) {
  return std::ranges::any_of(configuration.cells, [](const auto& cell) {
    return cell.second.outcome == record::Outcome::failed || cell.second.outcome == record::Outcome::invalid;
  });
}

}  // namespace

std::optional<double> figure_by(std::string_view objective, const analyze::Analysis& analysis,
                                const Recommendation& recommendation, std::size_t index) {
  if (has_failed(analysis.configurations[index])) return std::nullopt;
  if (objective == kQuality) {
    const auto& quality = recommendation.qualities[index];
    return quality ? std::optional(quality->value) : std::nullopt;
  }
  if (objective == kMemory) {
    const auto& need = recommendation.needs[index];
    return need ? std::optional(need->bytes) : std::nullopt;
  }
  const auto entry = analyze::metric_entry(analysis.configurations[index], objective);
  return entry.value ? std::optional(entry.value->value) : std::nullopt;
}

record::Evidence evidence_by(std::string_view objective, const analyze::Analysis& analysis,
                             const Recommendation& recommendation, std::size_t index) {
  const analyze::Configuration& one = analysis.configurations[index];
  auto weakest = record::Evidence::measured;
  if (objective == kMemory) {
    const auto& need = recommendation.needs[index];
    return need ? need->evidence : weakest;
  }
  if (objective != kQuality) return analyze::metric_entry(one, objective).evidence;
  for (const QualityTask& task : recommendation.tasks.tasks)
    weakest = std::max(weakest, analyze::score_entry(one, task.column).evidence);
  return weakest;
}

std::optional<std::string> first_known(const analyze::Analysis& analysis,
                                       const Recommendation& recommendation,
                                       std::span<const std::string_view> metrics) {
  for (const std::string_view metric : metrics) {
    for (std::size_t i = 0; i < analysis.configurations.size(); ++i) {
      if (figure_by(metric, analysis, recommendation, i)) return std::string(metric);
    }
  }
  return std::nullopt;
}

}  // namespace bantam::recommend
