#pragma once
// What `bantam models quantize` shows: the file of each precision, what is in it and how it was made. Prints
// nothing.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "gguf/model_info.hpp"
#include "model/artifact.hpp"
#include "table/render.hpp"

namespace bantam::report {

// One precision of a model.
struct QuantizedFile {
  std::string precision;
  model::Artifact artifact;             // planned only, in a dry run or when it failed
  std::optional<gguf::ModelInfo> info;  // of the file; absent while there is none
  std::string state;                    // "made", "in the cache", "the source itself", "to be made", "failed"
  std::optional<double> seconds;        // that the making took, matrix included; absent when nothing was made
  std::filesystem::path output;         // the copy that was asked for; empty without one
  std::optional<base::Error> error;
};

std::string quantization_page(const std::vector<QuantizedFile>& files, table::Format format,
                              const table::TerminalStyle& style);

}  // namespace bantam::report
