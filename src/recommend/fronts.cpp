#include "recommend/fronts.hpp"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include "recommend/figures.hpp"
#include "recommend/objective.hpp"

namespace bantam::recommend {
namespace {

using Values = std::vector<std::optional<double>>;

bool has_all(const Values& values) {
  return std::ranges::all_of(values, [](const auto& value) { return value.has_value(); });
}

// As good in all, and better in something. Both have all values.
bool dominates(const Values& one, const Values& other, const std::vector<bool>& is_higher_better) {
  bool is_better = false;
  for (std::size_t i = 0; i < one.size(); ++i) {
    const double gain = is_higher_better[i] ? *one[i] - *other[i] : *other[i] - *one[i];
    if (gain < 0.0) return false;
    is_better |= gain > 0.0;
  }
  return is_better;
}

void add(std::vector<Front>& fronts, std::string name, std::vector<std::string> objectives,
         const analyze::Analysis& analysis, const Recommendation& recommendation) {
  std::vector<Values> values(analysis.configurations.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (const std::string& objective : objectives)
      values[i].push_back(figure_by(objective, analysis, recommendation, i));
  }
  std::vector<bool> is_higher;
  for (const std::string& objective : objectives) is_higher.push_back(is_higher_better(objective));
  Front front = find_front(values, is_higher);
  if (front.members.empty()) return;
  for (std::size_t i = 0; i < values.size(); ++i) {
    auto weakest = record::Evidence::measured;
    for (const std::string& objective : objectives)
      weakest = std::max(weakest, evidence_by(objective, analysis, recommendation, i));
    front.evidence.push_back(weakest);
  }
  front.name = std::move(name);
  front.objectives = std::move(objectives);
  fronts.push_back(std::move(front));
}

}  // namespace

Front find_front(const std::vector<Values>& values, const std::vector<bool>& is_higher_better) {
  Front front;
  std::vector<std::size_t> known;
  for (std::size_t i = 0; i < values.size(); ++i) (has_all(values[i]) ? known : front.without).push_back(i);
  for (const std::size_t i : known) {
    const bool is_member = std::ranges::none_of(
        known, [&](std::size_t other) { return dominates(values[other], values[i], is_higher_better); });
    if (is_member) front.members.push_back(i);
  }
  for (const std::size_t i : known) {
    const auto by = std::ranges::find_if(front.members, [&](std::size_t other) {
      return dominates(values[other], values[i], is_higher_better);
    });
    if (by != front.members.end()) front.dominated.push_back({i, *by});
  }
  return front;
}

namespace {

// Whether all energies may stand side by side: nobody is dominated by what another sensor has read.
bool has_one_sensor(const analyze::Analysis& analysis) {
  const record::Record* first = nullptr;
  for (const analyze::Configuration& configuration : analysis.configurations) {
    const auto cell = configuration.cells.find(std::string(analyze::kEnergy));
    if (cell == configuration.cells.end() || cell->second.outcome != record::Outcome::ok) continue;
    if (first == nullptr) first = &cell->second;
    if (analyze::energy_obstacle(*first, cell->second)) return false;
  }
  return true;
}

}  // namespace

std::vector<Front> find_fronts(const analyze::Analysis& analysis, const Recommendation& recommendation) {
  const auto first = [&](std::span<const std::string_view> metrics) {
    return first_known(analysis, recommendation, metrics);
  };
  const auto latency = first(kLatencies);
  const auto energy = has_one_sensor(analysis) ? first(kEnergies) : std::nullopt;
  const auto size = first(kSizes);
  const auto speed = first(kSpeeds);
  const bool has_quality =
      std::ranges::any_of(recommendation.qualities, [](const auto& one) { return one.has_value(); });
  const bool has_need =
      std::ranges::any_of(recommendation.needs, [](const auto& one) { return one.has_value(); });
  std::vector<Front> fronts;
  const std::string quality(kQuality);
  std::vector<std::string> all;
  if (speed) all.push_back(*speed);
  if (has_need) all.emplace_back(kMemory);
  if (energy) all.push_back(*energy);
  if (has_quality) {
    if (latency) add(fronts, "latency_quality", {*latency, quality}, analysis, recommendation);
    if (energy) add(fronts, "energy_quality", {*energy, quality}, analysis, recommendation);
    if (size) add(fronts, "size_quality", {*size, quality}, analysis, recommendation);
    all.push_back(quality);
  }
  if (all.size() > 2) add(fronts, "all", all, analysis, recommendation);
  return fronts;
}

}  // namespace bantam::recommend
