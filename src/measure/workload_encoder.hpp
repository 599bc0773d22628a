#pragma once
// The performance workload of an encoder: sequences embedded again and again until the plan's rule is met.
// Knows nothing of models, of storage, or of what the trials will be summarized to.

#include <cstdint>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "engine/encoder.hpp"
#include "measure/scenario.hpp"
#include "plan/plan.hpp"

namespace bantam::measure {

// The tokens of every sequence: those of the prompt, cut to `most`; with n_prompt as many as it says, the
// prompt's own repeated between its first and last token. bad_input when n_prompt is more than `most`.
base::Result<std::vector<engine::Token>> encoder_sequence(const std::vector<engine::Token>& prompt,
                                                          const plan::PerformanceSettings& settings,
                                                          int most);

// Scenarios single_stream (one sequence at a time) and, unless batch_size is 1, offline (batch_size at once);
// repeated as measure_performance() does. The latency is from handing over the tokens to having the vectors.
// A stream's prefill_ns is that time, its output_sha256 the vector's.
base::Status measure_encoder(engine::Encoder& encoder, const std::vector<engine::Token>& sequence,
                             const plan::PerformanceSettings& settings, const base::Clock& clock,
                             TrialSink& sink, std::int64_t worker_start_ns);

}  // namespace bantam::measure
