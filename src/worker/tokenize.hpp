#pragma once
// The worker's part of jobs that only cut texts into tokens.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "job/job.hpp"

namespace bantam::worker {

// {"tokens": [[id, ...], ...]}, a list a text.
base::Result<base::Json> work_on_tokenize(const job::TokenizeJob& job);

// {"contexts": [[id, ...], ...], "continuations": [[id, ...], ...]}
base::Result<base::Json> work_on_encode(const job::EncodeJob& job);

}  // namespace bantam::worker
