#pragma once
// How a user names a model. Knows nothing of whether it exists.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace bantam::model {

enum class ReferenceKind {
  embedded,   // embedded:nano: in this binary
  file,       // PATH, ~/PATH: a local GGUF file (the first of its parts), or a Hugging Face folder
  hub,        // hf:user/repo[:quant|:file][@revision]: a repository of the model hub
  synthetic,  // synthetic:SHAPE: random weights of a known shape
  served,     // openai:NAME: a model behind a server, which no file is known of
  program,    // process:PATH: a folder or file that a program of its own loads
};

// What follows a model as +lora:ADAPTER.gguf[@scale].
struct AdapterReference {
  std::filesystem::path path;  // with ~/ resolved
  double scale = 1.0;          // finite; multiplies what the adapter adds to the weights
};

// All but `text` and `adapter` describe the model without its adapter.
struct Reference {
  ReferenceKind kind = ReferenceKind::file;
  std::string text;                    // as the user wrote it
  std::string target;                  // what comes after the scheme: nano, user/repo, SHAPE; empty for files
  std::filesystem::path path;          // files: with ~/ resolved
  std::optional<std::string> variant;  // hub: quantization or file name
  std::optional<std::string> revision;  // hub
  std::optional<AdapterReference> adapter;
};

// usage for a text that can name nothing: empty, a NUL byte, longer than 4096 bytes, a malformed repository
// name, an adapter without a path or with a scale that is no number.
base::Result<Reference> parse_reference(std::string_view text);

}  // namespace bantam::model
