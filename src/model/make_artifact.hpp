#pragma once
// Makes the file that an artifact stands for: quantized from its source, or written from a shape. Runs
// llama.cpp's code on the model, so it belongs into a worker process.

#include "base/result.hpp"
#include "model/artifact.hpp"

namespace bantam::model {

// Makes the artifact and records it, unless it is ready. One process at a time makes it; the others wait and
// then find it ready. The errors of quantize_file() and write_synthetic().
base::Result<Artifact> make_artifact(const Source& source, Artifact artifact, int threads);

}  // namespace bantam::model
