#pragma once
// A graph of the engine, read as work: which matrices are multiplied, over how many cells attention goes, and
// how much is left. Knows nothing of rates.

#include <cstdint>

#include "ggml.h"
#include "model/predict.hpp"

namespace bantam::engine {

// `graph` computes `tokens` tokens. Matrices of experts count as those that a batch of that size needs, if
// all experts are chosen alike.
model::Work work_of(ggml_cgraph* graph, std::int64_t tokens);

}  // namespace bantam::engine
