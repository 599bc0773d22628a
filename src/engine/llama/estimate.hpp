#pragma once
// The memory that a model takes and the work of its batches, told by the engine itself without loading a
// weight: it opens the file with "no_alloc", plans its buffers and graphs, and fills none of them. Only the
// head of the file must be there. Knows nothing of speed.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "engine/engine.hpp"
#include "engine/llama/head.hpp"
#include "engine/work.hpp"
#include "plan/plan.hpp"

namespace bantam::engine {

// What the program takes while the model is open, without weights and buffers.
struct ProgramMemory {
  std::int64_t bytes = 0;          // proportional share of mapped files included
  std::int64_t private_bytes = 0;  // anonymous
};

struct EstimateRequest {
  std::vector<ModelHead> parts;  // one, or the parts of a split file in order
  std::string name;              // what messages call it in place of its files; may be empty
  std::string llama_type;        // the file type to quantize to in thought; empty: as it is
  plan::EngineSettings engine;
  std::string prompt;                           // tokenized by the model's own tokenizer ...
  std::optional<std::int64_t> prompt_tokens;    // ... unless its length is given
  std::int64_t new_tokens = 1;                  // cut to what the model's context holds
  std::optional<std::int64_t> context;          // tokens per stream; absent: prompt and new tokens
  int streams = 1;                              // requests at once
  std::int64_t file_piece_bytes = 4096;         // in which the kernel keeps the file (bytes_in_pieces)
  std::vector<std::string> cache_types;         // also tell the size of the KV cache at these types
  std::function<ProgramMemory()> read_program;  // called while the model is open
};

struct CacheBytes {
  std::string type;  // of K and V
  std::int64_t bytes = 0;
};

// What is there of a file type, and what a run of it takes.
struct Estimate {
  std::string architecture;
  std::int64_t file_bytes = 0;    // all parts
  std::int64_t weight_bytes = 0;  // tensor data
  std::int64_t parameters = 0;
  std::vector<std::string> types;  // of the matrices, as ggml names them; most bytes first
  std::int64_t context_train = 0;  // tokens
  std::int64_t context = 0;        // cells of the KV cache of one stream
  MemoryParts memory;
  std::int64_t reserved_compute_bytes = 0;  // the compute buffer, touched or not
  std::vector<CacheBytes> cache;
  RequestWork single;                // one request at a time
  std::optional<RequestWork> batch;  // `streams` requests at once; absent for one
  bool on_accelerator = false;       // part of the model is not on the CPU
};

// Belongs into a worker. bad_input for what the engine does not take, a prompt or context that does not fit
// the model, or a file type that cannot be made from this one.
base::Result<Estimate> estimate(const EstimateRequest& request);

base::Json to_json(const Estimate& estimate);
base::Result<Estimate> estimate_from(const base::Json& json);

}  // namespace bantam::engine
