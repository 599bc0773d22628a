#pragma once
// The worker's part of a tokenize job, and the parent's call for it.

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

}  // namespace bantam::run
