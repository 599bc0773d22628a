#pragma once
// Gathers the raw facts of an audit from any engine and clock. Judges nothing.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "engine/engine.hpp"
#include "job/audit.hpp"
#include "measure/scenario.hpp"

namespace bantam::worker {

// Reads the clock `readings` times without a pause; at least twice.
job::ClockFacts observe_clock(const base::Clock& clock, std::int64_t readings);

// The null engine through measure::measure_performance(), as in a run; `told` gets each trial, between two of
// them. The errors of `told`.
base::Result<job::OwnCostFacts> observe_own_cost(
    const base::Clock& clock, engine::Heartbeat* heartbeat,
    const std::function<base::Status(const record::Trial&)>& told);

// One request as measure::measure_performance() makes it, one at a time.
struct MeasuredRequest {
  engine::Generation generation;
  job::RequestFacts facts;
};
// One for each prompt. Errors of the engine.
base::Result<std::vector<MeasuredRequest>> measure_requests(engine::Engine& engine,
                                                            const std::vector<std::string>& prompts,
                                                            int new_tokens, const base::Clock& clock);

// The same prompts as an accuracy task asks for answers: through its tokenizer, all at once, places taken
// over by waiting requests. `engine` may be another one than measured. Errors of the engine.
base::Result<std::vector<job::OutputFacts>> compare_answers(engine::Engine& engine,
                                                            const std::vector<std::string>& prompts,
                                                            int new_tokens,
                                                            const std::vector<MeasuredRequest>& measured);

// Pairs of requests of `tokens` tokens each, in turns: one that is always the same, and one whose tokens are
// the same in an order that was not asked before. Goes on for `seconds`, at least kFewestRepeats pairs.
// Errors of the engine.
base::Result<job::RepeatFacts> observe_repeats(engine::Engine& engine,
                                               const std::vector<engine::Token>& tokens, double seconds,
                                               const base::Clock& clock);

// Of these requests; their output.
inline constexpr int kRepeatPromptTokens = 128;
inline constexpr int kRepeatNewTokens = 8;

}  // namespace bantam::worker
