#pragma once
// Raw trials -> the metrics of a performance record, with intervals, and the verdict on them. Pure: reads no
// clock, no file, no counter. Knows nothing of how the trials were made or where the record goes.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "measure/energy_figures.hpp"
#include "measure/validity.hpp"
#include "plan/plan.hpp"
#include "record/block.hpp"
#include "record/record.hpp"
#include "record/steadiness.hpp"

namespace bantam::measure {

// What was asked for.
struct Load {
  int streams = 1;                     // requests at once
  std::optional<double> request_rate;  // absent: no poisson
  std::optional<double> max_ttft_s;    // limits of a good request
  std::optional<double> max_tpot_s;
  std::optional<double> sustained_s;  // absent: no sustained
  bool single_stream = true;
  bool offline = true;
  bool served = false;  // by a server: nothing is known of its memory and of its queue
};
Load load_of(const plan::PerformanceSettings& settings);

// All that was seen of one cell.
struct Observed {
  bool encoder = false;  // the trials are of an encoder: sequences in place of requests
  std::vector<record::Trial> trials;
  Load load;
  std::optional<engine::MemoryUse> engine_memory;      // as the engine accounts for it
  std::optional<std::int64_t> private_peak_bytes;      // PrivateMemorySampler, seen from the parent
  std::optional<std::int64_t> weights_resident_bytes;  // resident_bytes of the model file, after the trials
  std::optional<std::string>
      cpus_before;                 // the list of CPUs that could be used before the worker was started
  bool warm_up_is_forced = false;  // the user gave the number of its runs
  std::map<std::string, std::string> absent;  // metric -> why it could not be measured ("load_cold_s": ...)
  std::map<std::int64_t, record::BlockEnergy> energy;  // by round; empty: only speed is asked for
};

// Members of record::Record, ready to be moved there.
struct Summary {
  std::map<std::string, record::Value> metrics;  // catalogue names
  std::map<std::string, std::string> absent;     // each speed and memory metric that is not above, and why
  std::vector<std::string> reasons;              // why the measurement is invalid; none: it is valid
  std::vector<std::string> warnings;
  std::vector<record::BlockFigures> blocks;  // by round; `series` is left empty
  std::vector<record::Steadiness> steadiness;
};

// Warm-up trials are left out, and those that are disturbed. A block's figure is the median over its trials;
// that of the cell is the median over blocks, with an interval from the blocks (stats/blocks.hpp) from
// stats::kFewestBlocks on; `n` counts trials. One of a batch is first a median over the batch's requests, as
// those are not independent. An encoder has figures of sequences in place of those of requests and tokens.
// poisson and sustained: measure/serving_figures.hpp, measure/sustained_figures.hpp.
// Percentiles of gaps pool the gaps of all single-stream trials and appear only above their floors. A block
// does not count when a gate with invalid_above was passed in it, or a scenario ended because too many of its
// trials were disturbed; a warning says which. Invalid: so few blocks count that there is no interval; prompt
// tokens came from a cache; the CPUs that could be used changed. Further warnings: trials were repeated;
// outputs differ between repetitions; a gate was passed; the engine's buffers are larger than the private
// peak.
Summary summarize(const Observed& observed, const Gates& gates = {});

// The same of a cell whose energy was measured: metrics of energy alone, one value a block. A block does not
// count, either, when its energy is not to be believed.
Summary summarize_energy(const Observed& observed, const Gates& gates = {});

}  // namespace bantam::measure
