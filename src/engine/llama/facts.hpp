#pragma once
// What the built-in engine is, known without a model: versions, kernels, devices.

#include <string>

#include "base/json.hpp"

namespace bantam::engine {

// {name, version, source, ggml_version, ggml_commit, cpu_features, kernels_amx, extra_buffer_types, devices}.
// cpu_features: instruction sets that are compiled in and present on this CPU.
base::Json engine_facts();

// One line that differs whenever results may differ: version, source and kernel set.
std::string engine_identity();

}  // namespace bantam::engine
