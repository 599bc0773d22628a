#pragma once
// What other types of the KV cache do to a model's predictions: the same file twice in one worker, with the
// one settings and the other.

#include "base/result.hpp"
#include "engine/engine.hpp"
#include "job/interrupts.hpp"
#include "plan/plan.hpp"
#include "tune/stage.hpp"

namespace bantam::tune {

// Of `settings` against `baseline`, on the text of the plan's fidelity task (a few chunks of it). Errors are
// the worker's: the text is missing, memory is not enough, interrupted.
base::Result<Damage> measure_damage(const engine::ModelFile& file,
                                    const std::optional<std::string>& embedded_model, const plan::Plan& plan,
                                    const plan::EngineSettings& settings,
                                    const plan::EngineSettings& baseline, job::Interrupts& interrupts);

}  // namespace bantam::tune
