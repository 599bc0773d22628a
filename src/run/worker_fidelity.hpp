#pragma once
// The body of a fidelity job: both precisions of a model, side by side in this process.

#include "engine/engine.hpp"
#include "run/channel.hpp"
#include "run/job.hpp"

namespace bantam::run {

// The text of a cell: the file that the settings name; for an embedded model the text of its own world
// (<name>/tasks/<name>_text.jsonl), since it knows no other; else the embedded text. `embedded_model` is
// its name, or empty. bad_input for a file that cannot be read.
base::Result<std::string> fidelity_text(const plan::FidelitySettings& settings,
                                        const std::string& embedded_model);

base::Result<base::Json> work_on_fidelity(const FidelityJob& job, Channel& channel,
                                          engine::Heartbeat* heartbeat);

}  // namespace bantam::run
