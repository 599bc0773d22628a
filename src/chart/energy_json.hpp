#pragma once
// What charts show of a configuration's energy and of the machine's limits (web/data/dataset.ts).

#include <vector>

#include "analyze/analysis.hpp"
#include "base/json.hpp"
#include "recommend/quality.hpp"

namespace bantam::chart {

// Adds "energy_sensor" (what measured its energy, in words; missing where nothing did), "power_line" or
// "power_line_absent" (watts over time), "per_right" or "per_right_absent" (joules per right answer) and
// "roofline" or "roofline_absent". `tasks`: those of right answers.
//
// Joules per right answer: where every one of the tasks carries its own measured energy, by one sensor, the
// mean of their figures (energy_per_correct_j); else joules per request of the energy cell / the mean share
// of right answers, as if an answer took what such a request takes.
void add_energy(base::Json& json, const analyze::Configuration& one,
                const std::vector<recommend::QualityTask>& tasks);

}  // namespace bantam::chart
