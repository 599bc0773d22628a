#pragma once
// What a request leaves open, filled in and checked as a whole.

#include <string_view>

#include "plan/plan.hpp"

namespace bantam::plan {

// A short name for tables and file names: "nano" of embedded:nano; a file's name without ".gguf" and without
// its own precision ("probe-f16.gguf": "probe"); a hub repository's name without its user. Two references can
// have the same.
std::string default_model_name(std::string_view reference);

// "embedded:", "synthetic:".
bool all_references_start_with(const Plan& plan, std::string_view scheme);

// The tasks of the embedded pack; the default where only embedded:nano is measured.
const std::vector<std::string>& embedded_tasks();

// Gives each model a name of its own, the default precisions, tasks and base precision. usage when there is
// no model, nothing to measure, or options contradict each other.
base::Status complete(Plan& plan);

}  // namespace bantam::plan
