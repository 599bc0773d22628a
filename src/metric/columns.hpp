#pragma once
// Short names for the columns of the catalogue's rows; for the files of this room that hold rows.

#include "metric/catalogue.hpp"

namespace bantam::metric {

using enum Direction;
using enum MetricFormat;

inline constexpr auto kSpeed = MetricGroup::speed;
inline constexpr auto kMemory = MetricGroup::memory;
inline constexpr auto kModel = MetricGroup::model;
inline constexpr auto kAccuracy = MetricGroup::accuracy;
inline constexpr auto kGeneration = MetricGroup::generation;
inline constexpr auto kFidelity = MetricGroup::fidelity;
inline constexpr auto kSimilarity = MetricGroup::similarity;

}  // namespace bantam::metric
