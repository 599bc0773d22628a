#pragma once
// The tokenizer of a model file alone: no weights are read. For files of any kind, encoders too. Runs
// llama.cpp's code on the file, so it belongs into a process of its own.

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "engine/engine.hpp"

namespace bantam::engine {

// Tokens of each text; nothing is added, and the names of special tokens count as text. bad_input when
// llama.cpp refuses the file, with its words.
base::Result<std::vector<std::vector<Token>>> tokenize_with_file(const std::filesystem::path& gguf,
                                                                 std::span<const std::string> texts);

// An engine that only cuts texts and says what is special in the vocabulary; all that needs weights is a
// usage error. The same errors.
base::Result<std::unique_ptr<Engine>> open_vocabulary(const std::filesystem::path& gguf);

// What a file tells without its weights: bos, eos, their texts, and the chat templates. The same errors.
base::Result<Properties> conversation_facts(const std::filesystem::path& gguf);

}  // namespace bantam::engine
