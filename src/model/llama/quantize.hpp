#pragma once
// Makes a model file of another precision with llama.cpp's quantizer. Runs that library's code on the model,
// so it belongs into a worker process. Knows nothing of the cache's layout (model/artifact.hpp).

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "model/artifact.hpp"

namespace bantam::model {

// The quantizer and the version that decides its output.
std::string quantizer_version();

// bad_input, listing what is known, when the linked llama.cpp cannot run this architecture.
base::Status check_architecture(const gguf::ModelInfo& info, std::string_view name);

// Writes `target` as a file of the given llama.cpp type. The source must hold float weights. Nothing is left
// of `target` or its temporary file on failure: bad_input when llama.cpp refuses (with its words), storage
// when the file cannot be written, integrity when the result is not what was asked for. `threads` is at
// least 1. `importance` is an importance matrix of this model, in llama.cpp's own GGUF form: then bad_input
// also when it is none or another model's. The same file comes out as of llama-quantize with the same
// options.
base::Status quantize_file(const std::filesystem::path& source, const std::filesystem::path& target,
                           std::string_view llama_type, int threads,
                           const std::optional<std::filesystem::path>& importance = std::nullopt);

}  // namespace bantam::model
