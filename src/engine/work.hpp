#pragma once
// What running a model is made of, and how fast a machine was measured to do it: data that travels between
// the worker, which reads and measures them, and predictions. Knows nothing of files or of how they become
// times (predict/speed.hpp).

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "stats/spread.hpp"

namespace bantam::engine {

// A matrix that is multiplied with `columns` vectors at once, `count` times over (each time another matrix of
// this shape).
struct MatrixWork {
  std::string type;    // ggml's name of how the matrix is stored: "q4_K"
  std::string buffer;  // the engine's name of the memory that holds it: "CPU", or one that rearranges weights
  std::int64_t inner = 0;
  std::int64_t rows = 0;
  std::int64_t columns = 1;
  std::int64_t bytes = 0;  // of one matrix
  std::int64_t count = 1;
  // The matrix is a part of the KV cache with so many cells: bytes are in proportion to them. 0: weights.
  std::int64_t cells = 0;
};

// Flash attention of one layer over `cells` cells of the KV cache for each stream.
struct AttentionWork {
  std::string type_k, type_v;
  std::int64_t head_size_k = 0, head_size_v = 0;
  std::int64_t heads = 0, kv_heads = 0;
  std::int64_t columns = 1;  // tokens of one stream that are computed at once
  std::int64_t streams = 1;
  std::int64_t cells = 0;       // of one stream, at most
  std::int64_t cell_bytes = 0;  // K and V of one cell
  std::int64_t count = 1;       // layers
};

// All that the engine computes for one batch of tokens.
struct Work {
  std::int64_t tokens = 0;
  std::vector<MatrixWork> matrices;
  std::vector<AttentionWork> attentions;
  std::int64_t other_bytes = 0;  // read and written by all other operations
  std::int64_t operations = 0;   // after each of which the threads wait for each other
};

// What a machine was measured to do, with one number of threads. A spread is that of the time behind the
// rate.
struct MatrixRate {
  std::string type, buffer;
  std::int64_t columns = 1;
  std::int64_t span_bytes = 0;  // that pass by until a matrix is used again: decides what a cache can keep
  double bytes_per_s = 0.0;     // of the matrix
  stats::Spread spread = {};
};
struct AttentionRate {
  std::string type_k, type_v;
  std::int64_t head_size_k = 0, head_size_v = 0, heads = 0, kv_heads = 0, columns = 1, streams = 1;
  double cells_per_s = 0.0;  // cells of one stream, all its heads
  stats::Spread spread = {};
};
struct Peaks {
  std::int64_t span_limit_bytes = std::int64_t{512}
                                  << 20;   // above it no cache of this machine keeps anything
  std::optional<double> read_bytes_per_s;  // main memory, all threads; absent: not measured
  stats::Spread read_spread;
  std::optional<double> operation_s;  // of an operation without work; absent: not measured
  stats::Spread operation_spread;
  std::vector<MatrixRate> matrices;
  std::vector<AttentionRate> attentions;
};

// The prompt is computed in parts of at most n_ubatch tokens, then token after token.
struct RequestWork {
  std::vector<Work> prefill;  // part after part
  Work decode;                // one token of each stream
  std::int64_t prompt_tokens = 0;
  std::int64_t new_tokens = 0;
  std::int64_t streams = 1;
};

// Main memory of the process that runs the model, in bytes, by what it is for.
struct MemoryParts {
  std::int64_t file = 0;             // the mapped file, all of it resident
  std::int64_t rearranged = 0;       // private copies of weights for faster kernels
  std::int64_t kv = 0;               // all cells of the cache
  std::int64_t compute = 0;          // the part of the compute buffer that this work touches
  std::int64_t outputs = 0;          // logits
  std::int64_t program = 0;          // binary, vocabulary, graphs
  std::int64_t program_private = 0;  // the part of `program` that is no mapped file
  std::int64_t device = 0;           // on accelerators; not in total()
  std::int64_t total() const { return file + rearranged + kv + compute + outputs + program; }
  // As the metric private_peak_bytes counts.
  std::int64_t private_total() const { return rearranged + kv + compute + outputs + program_private; }
};

base::Json to_json(const Work& work);
base::Result<Work> work_from(const base::Json& json);
base::Json to_json(const Peaks& peaks);
base::Result<Peaks> peaks_from(const base::Json& json);
base::Json to_json(const MemoryParts& parts);
MemoryParts memory_parts_from(const base::Json& json);

}  // namespace bantam::engine
