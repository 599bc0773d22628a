#pragma once
// Gathers the importance matrix of a model: for every weight matrix of its layers, the sum over all tokens of
// a text of the squares of what it is multiplied with, column by column. Runs the whole model, so it belongs
// into a worker process.
//
// The same figures as llama.cpp's llama-imatrix: matrices named blk.*, F32 inputs of at least 16 rows, one
// slice and count per expert, the output matrix left out; every sample is computed alone and, for models that
// add a BOS, begins with it. The file has llama.cpp's own form (GGUF, NAME.in_sum2 and NAME.counts). Memory:
// one number per column of each matrix (and expert).

#include <cstdint>
#include <filesystem>
#include <functional>

#include "base/result.hpp"
#include "engine/engine.hpp"
#include "model/calibration.hpp"
#include "plan/plan.hpp"

namespace bantam::engine {

struct ImportanceGathered {
  std::int64_t samples = 0;
  std::int64_t tokens = 0;
  std::int64_t matrices = 0;
  std::int64_t unused_experts = 0;  // of all expert matrices: no token of the text was sent to them
};

// Called after every sample.
using CalibrationProgress = std::function<base::Status(std::int64_t done, std::int64_t total)>;

// Writes `target` atomically. bad_input when the text has not one whole sample or the model is refused;
// integrity when activations are not finite; storage when the file cannot be written; an error of `progress`
// ends it. `heartbeat` may be null.
base::Result<ImportanceGathered> collect_importance(
    const ModelFile& file, const plan::EngineSettings& settings, const model::CalibrationText& text,
    const std::filesystem::path& target, const CalibrationProgress& progress, Heartbeat* heartbeat);

}  // namespace bantam::engine
