#pragma once
// The body of a fidelity job: both precisions of a model, side by side in this process.

#include "engine/engine.hpp"
#include "run/channel.hpp"
#include "run/job.hpp"

namespace bantam::run {

// The text of the job: the file's, or the embedded one. bad_input for a file that cannot be read.
base::Result<std::string> fidelity_text(const plan::FidelitySettings& settings);

base::Result<base::Json> work_on_fidelity(const FidelityJob& job, Channel& channel,
                                          engine::Heartbeat* heartbeat);

}  // namespace bantam::run
