#pragma once
// The memory that a model takes and the work of its batches, told by the engine itself without loading a
// weight: it opens the file with "no_alloc", plans its buffers and graphs, and fills none of them. Only the
// head of the file must be there. Knows nothing of speed.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "model/predict.hpp"
#include "plan/plan.hpp"

namespace bantam::engine {

// A file, or the beginning of one that holds at least its head: all before the tensor data.
struct ModelHead {
  std::filesystem::path path;
  std::int64_t file_bytes = 0;  // of the whole file
};

struct EstimateRequest {
  std::vector<ModelHead> parts;  // one, or the parts of a split file in order
  std::string llama_type;        // the file type to quantize to in thought; empty: as it is
  plan::EngineSettings engine;
  plan::PerformanceSettings performance;  // prompt, batch size, new tokens
  std::vector<std::string> cache_types;   // also tell the size of the KV cache at these types
};

struct CacheBytes {
  std::string type;  // of K and V
  std::int64_t bytes = 0;
};

// What is there of a file type, and what a run of it takes.
struct Estimate {
  std::int64_t file_bytes = 0;    // all parts
  std::int64_t weight_bytes = 0;  // tensor data
  std::int64_t parameters = 0;
  std::vector<std::string> types;  // of the weights, as ggml names them; most bytes first
  std::int64_t context = 0;        // cells of the KV cache, all streams
  model::MemoryParts memory;
  std::int64_t engine_compute_bytes = 0;  // reserved, touched or not
  std::vector<CacheBytes> cache;
  model::RequestWork single;  // one request at a time
  model::RequestWork batch;   // batch_size requests at once; tokens 0 when that is 1
  bool on_accelerator = false;
};

// Belongs into a worker. bad_input for what the engine does not take, a prompt or context that does not fit
// the model, or a file type that cannot be made from this one.
base::Result<Estimate> estimate(const EstimateRequest& request);

base::Json to_json(const Estimate& estimate);
base::Result<Estimate> estimate_from(const base::Json& json);

}  // namespace bantam::engine
