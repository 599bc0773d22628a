#pragma once
// What the phases of one cell's work are made of, and how fast this machine is at it: what verdicts on
// bottlenecks rest on (measure/bottleneck.hpp).

#include "base/result.hpp"
#include "measure/bottleneck.hpp"
#include "plan/plan.hpp"

namespace bantam::predict {

// Of a cell whose workload has prompts and tokens apart (n_prompt, n_gen). Rates that are not known of this
// machine yet are measured, which takes up to a minute, and kept. environment, saying why, where the work
// cannot be planned or a rate cannot be measured.
base::Result<measure::WorkFacts> work_facts(const plan::Plan& plan, const plan::Cell& cell);

}  // namespace bantam::predict
