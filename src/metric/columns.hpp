#pragma once
// For the files of this room that hold rows of the catalogue: short names for their columns, and the rows
// that belong to no metric of tasks.

#include <span>

#include "metric/catalogue.hpp"

namespace bantam::metric {

using enum Direction;
using enum MetricFormat;

inline constexpr auto kSpeed = MetricGroup::speed;
inline constexpr auto kMemory = MetricGroup::memory;
inline constexpr auto kEnergy = MetricGroup::energy;
inline constexpr auto kAnswerEnergy = MetricGroup::answer_energy;
inline constexpr auto kResources = MetricGroup::resources;
inline constexpr auto kModel = MetricGroup::model;
inline constexpr auto kAccuracy = MetricGroup::accuracy;
inline constexpr auto kGeneration = MetricGroup::generation;
inline constexpr auto kFidelity = MetricGroup::fidelity;
inline constexpr auto kSimilarity = MetricGroup::similarity;
inline constexpr auto kImported = MetricGroup::imported;

std::span<const Metric> machine_metrics();
std::span<const Metric> item_counts();
std::span<const Metric> damage_metrics();

}  // namespace bantam::metric
