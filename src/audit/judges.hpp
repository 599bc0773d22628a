#pragma once
// Raw facts -> findings, one function a check. Pure: read no clock, no file, no counter.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "audit/finding.hpp"
#include "job/audit.hpp"
#include "stats/interval.hpp"

namespace bantam::audit {

// Fails when the clock stepped back, stood still, moves in steps above kCoarsestStepNs, or takes longer than
// kSlowestReadingNs to read.
inline constexpr std::int64_t kCoarsestStepNs = 10'000;
inline constexpr double kSlowestReadingNs = 5'000.0;
Finding judge_clock(const job::ClockFacts& facts);

// Fails from kOwnCostGoal_s a token on, in what is timed.
inline constexpr double kOwnCostGoal_s = 10e-6;
Finding judge_own_cost(const job::OwnCostFacts& facts);

// What the parent and its memory sampler computed while a worker timed something.
struct WatchingFacts {
  double cpu_s = 0.0;
  double wall_s = 0.0;
};
// Fails above kWatchingGoal of one CPU; cannot tell below kLeastWatched_s.
inline constexpr double kWatchingGoal = 0.005;
inline constexpr double kLeastWatched_s = 0.5;
Finding judge_watching(const WatchingFacts& facts);

// What the thread that reads sensors computed while it read all that this machine has.
struct SensorFacts {
  std::vector<std::string> sources;  // their names
  std::int64_t readings = 0;         // of all of them together
  double rate_hz = 0.0;
  double cpu_s = 0.0;  // without programs that a sensor starts
  double wall_s = 0.0;
};
// As judge_watching(); passes where there is no sensor, since nothing is read then.
Finding judge_sensors(const SensorFacts& facts);

// An answer may end at an end of sequence, which measuring ignores; up to there both must be equal. They
// may part where the two best logits are less than kNearTie apart: sums are rounded differently where several
// requests are computed at once. Fails for any other difference, and where a gap is not known.
inline constexpr double kNearTie = 0.1;
Finding judge_outputs(const std::vector<job::OutputFacts>& outputs);

// How many times as long as the repeated request one takes that was not made before, with its interval by
// pairs; of the time to the first token and of the whole request. Fails when an interval lies above
// kMostGain, or when a prompt token came from a cache; passes when both lie below. MLPerf's TEST04 asks the
// same of a system (mlcommons/inference, compliance/TEST04).
inline constexpr double kMostGain = 1.03;
Finding judge_repeats(const job::RepeatFacts& facts);

// What bounds decode from below; absent members: not known.
struct MemoryBound {
  std::optional<double> token_bytes;       // weights that are read for each token
  std::optional<double> read_bytes_per_s;  // of main memory, as measured
  std::string why_not;                     // why there is no bound; empty where there is one
};
// Memory may be read faster than was measured by this factor.
inline constexpr double kBandwidthAllowance = 1.25;
// Fails when a request does not have as many tokens as were asked for, each with a stamp of its own; when an
// id is not the vocabulary's, stamps are out of order or outside of the call, the prompt has another number
// of tokens than its text, prompt tokens came from a cache, the text of the tokens is another one when it is
// tokenized and read back, or tokens came faster than memory gives the weights.
Finding judge_tokens(const std::vector<job::RequestFacts>& requests, const MemoryBound& bound);

// One metric of the same model under two names.
struct EqualFigure {
  std::string metric;  // catalogue name
  double ratio = 1.0;
  std::optional<stats::Interval> interval;
  bool called_different = false;       // by the verdict that a run would give
  std::optional<double> block_spread;  // standard deviation of the blocks' logarithms
};
struct EqualModels {
  std::vector<EqualFigure> figures;
  std::int64_t rounds = 0;                // that count
  std::vector<std::string> disturbances;  // why blocks or cells do not count
};
// `again`: a second series, made where the first called a figure different. Fails when both call the same
// figure different; cannot tell when only the first does, or when there is no interval.
Finding judge_equal_models(const EqualModels& first, const std::optional<EqualModels>& again);
bool calls_any_different(const EqualModels& seen);
// Half of the interval of the figure that stands for all in short lines, as a share; absent without one.
std::optional<double> equal_half_width(const EqualModels& seen);

}  // namespace bantam::audit
