#pragma once
// The settings of a cell as JSON and back: they travel to the worker and are kept in keys and records. A
// setting that is absent is a missing key.

#include "plan/plan.hpp"

namespace bantam::plan {

base::Json to_json(const EngineSettings& settings);
base::Json to_json(const PerformanceSettings& settings);
// Without the task names and folders: those are the cell's.
base::Json to_json(const AccuracySettings& settings);
base::Json to_json(const CalibrationSettings& settings);
base::Json to_json(const FidelitySettings& settings);
base::Json to_json(const SimilaritySettings& settings);

// Missing keys keep their defaults; what to_json wrote comes back equal.
EngineSettings engine_settings_from(const base::Json& json);
PerformanceSettings performance_settings_from(const base::Json& json);
AccuracySettings accuracy_settings_from(const base::Json& json);
CalibrationSettings calibration_settings_from(const base::Json& json);
FidelitySettings fidelity_settings_from(const base::Json& json);
SimilaritySettings similarity_settings_from(const base::Json& json);

}  // namespace bantam::plan
