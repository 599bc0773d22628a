#pragma once
// The worker's part of jobs that only cut texts into tokens, and the parent's calls for them.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "run/interrupts.hpp"
#include "run/job.hpp"

namespace bantam::run {

// {"tokens": [[id, ...], ...]}, a list a text.
base::Result<base::Json> work_on_tokenize(const TokenizeJob& job);

// Token ids of each text by the file's own tokenizer, in a worker. `interrupts` may be null.
base::Result<std::vector<std::vector<std::int32_t>>> tokens_in_worker(const std::filesystem::path& gguf,
                                                                      const std::vector<std::string>& texts,
                                                                      Interrupts* interrupts);

// Token ids of an item as a run hands them to a model.
struct EncodedItem {
  std::vector<std::vector<std::int32_t>> contexts;       // one a context
  std::vector<std::vector<std::int32_t>> continuations;  // one a continuation
};

// {"contexts": [[id, ...], ...], "continuations": [[id, ...], ...]}
base::Result<base::Json> work_on_encode(const EncodeJob& job);
base::Result<EncodedItem> encode_in_worker(const EncodeJob& job, Interrupts* interrupts);

}  // namespace bantam::run
