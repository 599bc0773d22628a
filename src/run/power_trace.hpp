#pragma once
// What the sensors said of one block -> its power over time (record/power_trace.hpp). Plain arithmetic.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/result.hpp"
#include "energy/figures.hpp"
#include "energy/sampler.hpp"
#include "energy/window_energy.hpp"
#include "measure/judge_trials.hpp"
#include "record/block.hpp"
#include "record/block_energy.hpp"
#include "record/power_trace.hpp"
#include "run/stored_rounds.hpp"

namespace bantam::run {

// By the clock of the sensors.
struct BlockTimes {
  energy::Window window;                      // of the counted requests
  std::optional<energy::Window> idle_before;  // absent where the machine did not idle
  std::int64_t work_begins_ns = 0;            // the worker was started: it loads and warms up
  std::optional<energy::Window> idle_after;
};

// With load and idle times.
energy::Window all_of(const BlockTimes& times);

// The mean power of bins of one length by the sum of these sources, `parts` of recording.traces, at least
// one. The window's begin and end are edges of bins, so that its bins add up to the joules of
// energy_between(). The bins go from the idle time before, or the worker's start, to the end of the idle time
// after; where a source says nothing of all that time, to the window only, with the reason. Errors: those of
// energy_between() and check_supply() for the window.
base::Result<record::PowerTrace> power_trace(const energy::Recording& recording,
                                             std::span<const std::size_t> parts, const BlockTimes& times,
                                             std::span<const energy::RequestStamps> requests);

// Adds it to a block whose sources are known: none where the headline has no joules, for the same reason.
void add_power_trace(const energy::Recording& recording, std::span<const std::size_t> parts,
                     const BlockTimes& times, std::span<const energy::RequestStamps> requests,
                     record::BlockEnergy& block);

// One block of a cell keeps its power over time, and what its GPUs did: the first that counts. Takes them
// from the others, among which is a `block` that is not stored yet, whose trials are. Errors are the store's.
base::Status keep_one_trace(store::Store& store, const AttemptName& cell, const measure::Gates& gates,
                            record::Block& block);

}  // namespace bantam::run
