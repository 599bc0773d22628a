#pragma once
// Makes the file that an artifact stands for: quantized from its source, or written from a shape. Runs
// llama.cpp's code on the model, so it belongs into a worker process.

#include <filesystem>
#include <optional>
#include <string_view>

#include "base/result.hpp"
#include "model/artifact.hpp"

namespace bantam::model {

// plan_artifact() with this build's quantizer and the calibration that the settings mean for it. The
// errors of both.
base::Result<Artifact> plan_making(const Source& source, const plan::Precision& precision,
                                   const plan::CalibrationSettings& calibration);

// Makes the artifact and records it, unless it is ready. One process at a time makes it; the others wait and
// then find it ready. The errors of quantize_file() and write_synthetic().
// `importance` is the matrix of artifact.calibration, and ready; it is needed where there is one.
base::Result<Artifact> make_artifact(const Source& source, Artifact artifact, int threads,
                                     const std::optional<ImportanceMatrix>& importance = std::nullopt);

// The file that is quantized: the source's own, or the one with its adapter merged in, which is made when it
// is not there.
base::Result<std::filesystem::path> make_weights(const Source& source, std::string_view quantizer,
                                                 int threads);

}  // namespace bantam::model
