#pragma once
// What the trials themselves say about whether they may be trusted: the machine meanwhile, runs that do not
// count, and answers that differ. Pure.

#include <optional>
#include <string>

#include "measure/figures.hpp"
#include "measure/validity.hpp"

namespace bantam::measure {

// The trials of one block, warm-ups among them: its gates, and runs that were disturbed.
Validity judge_block(const Trials& trials, const Gates& gates);
// All trials of a cell. A reason: prompt tokens came from a cache. A warning: outputs differ between
// repetitions.
Validity judge_answers(const Trials& trials, bool encoder);
// A reason: the CPUs that could be used changed, from the worker's start (`cpus_before`, where known) to the
// last trial.
Validity judge_cpus(const Trials& trials, const std::optional<std::string>& cpus_before);

}  // namespace bantam::measure
