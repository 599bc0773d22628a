#pragma once
// A model's chat template, tried in a process of its own: it is a program from somebody else, which may loop,
// recurse or fill the memory.

#include <filesystem>
#include <string>

#include "base/json.hpp"
#include "base/result.hpp"
#include "run/interrupts.hpp"
#include "run/job.hpp"

namespace bantam::run {

// In the worker: renders short conversations within limits; exceeding them ends the process.
base::Result<base::Json> work_on_template(const TemplateJob& job);

// In the parent. bad_input when the model has no such template, when it does not parse, refuses a lone
// question, or needs more than 5 s or 1 GiB for it. A template that refuses a system message passes.
base::Status check_chat_template(const std::filesystem::path& gguf, const std::string& chat_template,
                                 Interrupts* interrupts);

}  // namespace bantam::run
