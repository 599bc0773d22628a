#pragma once
// How fast this machine does what models are made of, measured through the same backend that runs them. Knows
// nothing of models.

#include <vector>

#include "base/result.hpp"
#include "engine/work.hpp"

namespace bantam::engine {

// Bytes of a weight matrix per second, for several numbers of columns; type, buffer and span of all are those
// of the first. Half a second and more. bad_input for a type or a buffer that the engine does not know,
// environment when memory is short.
base::Result<std::vector<MatrixRate>> measure_matrix_rates(std::vector<MatrixRate> wanted, int threads);

// Cells of the KV cache per second in flash attention.
base::Result<AttentionRate> measure_attention_rate(AttentionRate wanted, int threads);

// An operation that has next to nothing to compute.
struct OperationTime {
  double seconds = 0.0;
  stats::Spread spread;
};
base::Result<OperationTime> measure_operation(int threads);

}  // namespace bantam::engine
