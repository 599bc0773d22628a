#pragma once
// The performance workload of one cell: repeats requests on an engine, or sequences on an encoder, until the
// plan's rule is met, and hands out every repetition as a raw trial. Knows nothing of models, of storage, or
// of what the trials will be summarized to.

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "engine/engine.hpp"
#include "measure/scenario.hpp"
#include "plan/plan.hpp"
#include "record/scenario.hpp"

namespace bantam::measure {

using record::kGeneration;
using record::kOffline;
using record::kPoisson;
using record::kPrompt;
using record::kSingleStream;
using record::kSustained;

// The scenarios that are asked for (plan::scenarios_of()), in their order. Each begins with its warm-up
// trials: num_warmup of them, else as many as measure/warm_up.hpp says. Counted trials follow:
// num_runs of them, else until the exact interval (95 %) of the median latency is at most target_interval of
// it (at least kFewestTrials), or max_seconds have passed since the first of them, or there are kMostTrials
// (8 times as many if it is negative). At least one is made. Latency is from hand-over to the last token;
// for pp and tg the whole time. `worker_start_ns` is the clock's value that Trial::start_s counts from;
// absent: the moment of this call. poisson and sustained have rules of their own (measure/open_loop.hpp,
// measure/sustained.hpp); `round` is that of the block, from 0. Errors: the engine's and the sink's.
base::Status measure_performance(engine::Engine& engine, const plan::PerformanceSettings& settings,
                                 const base::Clock& clock, TrialSink& sink,
                                 std::optional<std::int64_t> worker_start_ns = std::nullopt,
                                 std::int64_t round = 0);

// The time line of a request, from the moment it was handed over.
record::Stream stream_from(const engine::Generation& generation);
// From the first hand-over to the last token; absent when no stream gave a token.
std::optional<double> wall_seconds(const std::vector<engine::Generation>& generations);

// Of one request, as a trial keeps it.
record::Stream stream_from(const engine::Generation& generation);

// The first `count` tokens of a prompt; what is behind its first `kept` (special tokens) is repeated where it
// is shorter. `prompt` is longer than `kept`.
std::vector<engine::Token> of_length(std::vector<engine::Token> prompt, std::size_t count, std::size_t kept);

// What the engine must hold for that workload when the prompt has at most `prompt_tokens` tokens; where the
// settings say how many it has, that counts.
engine::Capacity capacity_for(const plan::PerformanceSettings& settings, int prompt_tokens);

// The tokens of every sequence that an encoder embeds: those of the prompt, cut to `most`; with n_prompt as
// many as it says, the prompt's own repeated between its first and last token. bad_input when n_prompt is
// more than `most`.
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
