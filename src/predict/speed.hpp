#pragma once
// What running a model costs in time and free memory, computed from the work that it is made of and from
// rates that were measured on a machine. Pure arithmetic: knows nothing of files, of the engine, or of how a
// rate was measured.
//
// Formulas: docs/predict.md.

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "engine/work.hpp"

namespace bantam::predict {

// Where the time of a batch goes.
struct BatchTime {
  double matrices_s = 0.0;
  double attention_s = 0.0;
  double other_s = 0.0;       // norms, activations, copies
  double operations_s = 0.0;  // starting and joining operations
  // The total, if the time behind each rate were as short, or as long, as it may be on a quiet machine.
  double least_s = 0.0;
  double most_s = 0.0;
  double total_s() const { return matrices_s + attention_s + other_s + operations_s; }
};

// `cells`: filled cells of the KV cache of a stream that a token attends to, on average. bad_input naming the
// rate that is missing.
base::Result<BatchTime> batch_time(const engine::Work& work, const engine::Peaks& peaks, double cells);

// Bytes of weights and of the KV cache that a batch reads at the least.
double bytes_read(const engine::Work& work, double cells);
// Multiplications and additions in matrices and attention.
double operations_in(const engine::Work& work, double cells);

// The rates of matrices and attention that this work needs, without values.
engine::Peaks rates_for(const engine::Work& work, std::int64_t span_limit_bytes);
// The rates of `wanted` that are not among `known`.
engine::Peaks without(const engine::Peaks& wanted, const engine::Peaks& known);
// Adds the rates of `more`; a rate that is there already is replaced.
void merge(engine::Peaks& peaks, const engine::Peaks& more);

struct Speed {
  std::optional<double> ttft_s;               // absent: a rate of prompts is not known
  std::optional<std::string> ttft_absent;     // why; then what follows from TTFT is absent, too
  double decode_tokens_per_s = 0.0;           // of one stream: 1 / mean time per output token
  std::optional<double> output_tokens_per_s;  // of all streams together, prefill included
  // Bytes read in decode / time, as a share of the read bandwidth; absent where that is not known.
  std::optional<double> read_share;
  BatchTime decode;  // of one step, half-way through the output
  std::optional<double> prefill_flops_per_s;
  // Expected, as a share of the times: the model's own and what the rates spread. Absent for another machine.
  std::optional<double> time_error;
};
// The error of the model of the work, on rates without a spread.
inline constexpr double kModelError = 0.20;
// A prediction with a larger expected error tells nothing.
inline constexpr double kMostError = 0.50;

// bad_input naming the rate that is missing.
base::Result<Speed> request_speed(const engine::RequestWork& work, const engine::Peaks& peaks);
// Of decoding alone: without TTFT and what follows from it.
base::Result<Speed> decode_speed(const engine::RequestWork& work, const engine::Peaks& peaks);

// Whether predictions with these rates are within kMostError, as far as they can tell.
bool is_steady(const stats::Spread& spread);

// What is kept free beside the total: for the error of the estimate and the parent process.
std::int64_t memory_margin(const engine::MemoryParts& parts);

}  // namespace bantam::predict
