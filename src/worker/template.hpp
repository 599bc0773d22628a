#pragma once
// A model's chat template, tried in a process of its own: it is a program from somebody else, which may loop,
// recurse or fill the memory.

#include <filesystem>
#include <string>

#include "base/json.hpp"
#include "base/result.hpp"
#include "job/job.hpp"

namespace bantam::worker {

// In the worker: renders short conversations within limits; exceeding them ends the process.
base::Result<base::Json> work_on_template(const job::TemplateJob& job);

}  // namespace bantam::worker
