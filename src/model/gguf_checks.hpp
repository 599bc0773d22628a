#pragma once
// Whether the content of a GGUF file can be a language model that the engine survives. Each check gives
// bad_input, naming the file and the cause.

#include <string>

#include "base/result.hpp"
#include "model/gguf_reader.hpp"

namespace bantam::model {

// Not an adapter, a projector or a file without weights.
base::Status check_is_model(const GgufContent& content, const std::string& name);

// No token twice, tables as long as the vocabulary, an embedding for every token.
base::Status check_vocabulary(const GgufContent& content, const std::string& name);

}  // namespace bantam::model
