#pragma once
// A model as training libraries keep it: a folder with config.json, tokenizer files and *.safetensors. Looks
// and hashes only; knows nothing of how it is converted.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace bantam::model {

struct ModelFolder {
  std::filesystem::path path;
  std::string name;          // the folder's, or the repository's where it lies in the hub's cache
  std::string architecture;  // first of config.json's "architectures"; empty when it names none
  std::string fingerprint;   // of the names and contents of all files that decide a conversion's result
  std::uint64_t weight_bytes = 0;
  std::vector<std::string> code;  // Python files that the folder brings; they are never run
};

// True when the path is a folder with a config.json.
bool is_model_folder(const std::filesystem::path& path);

// bad_input for a folder without config.json, weights or a tokenizer, with weights in other formats only
// (pickles can run code), with an index that names a missing file, or with a safetensors file that is cut
// off. Hashes the files once (hub/cache.hpp).
base::Result<ModelFolder> inspect_folder(const std::filesystem::path& path);

}  // namespace bantam::model
