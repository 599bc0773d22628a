#pragma once
// From a Hugging Face folder (config.json, tokenizer files, *.safetensors) to a GGUF file, by llama.cpp's own
// converter in a Python environment of our own. Knows nothing of precisions, and runs no engine: comparing
// tokens is left to the caller.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace bantam::model {

// A folder that could be converted: the files that decide the result, and their hash.
struct ConvertibleFolder {
  std::filesystem::path path;
  std::string architecture;  // first of config.json's "architectures"
  std::string dtype;         // "float16", "bfloat16"; empty when config.json does not say
  std::string fingerprint;   // of names, sizes and contents of the files
  std::uint64_t weight_bytes = 0;
};

// True when the folder has a config.json and safetensors; looks at names only.
bool is_model_folder(const std::filesystem::path& folder);

// bad_input for a folder without config.json, weights or a tokenizer, for weights in other formats (pickles
// can run code), for an index that names missing files, and for a model that brings code of its own to run.
// Hashes the files once (hub/cache.hpp).
base::Result<ConvertibleFolder> inspect_folder(const std::filesystem::path& folder);

// The names that --outtype takes: "auto", "f32", "f16", "bf16".
const std::vector<std::string>& conversion_types();

// Where the converted file is or would be in the cache; `outtype` "auto" asks for the folder's own dtype.
base::Result<std::filesystem::path> converted_path(const ConvertibleFolder& folder, std::string_view outtype);

// The file converted earlier, whole and checked. environment, with the command to run as its hint, when there
// is none. Of several types the one closest to the folder's own is taken: auto, bf16, f16, f32 in this order.
base::Result<std::filesystem::path> find_converted(const std::filesystem::path& folder);

// Token ids of each text by a GGUF file's own tokenizer, special tokens neither added nor parsed. The caller
// gives it, since the engine's code runs on the file.
using TokensOf = std::function<base::Result<std::vector<std::vector<std::int32_t>>>(
    const std::filesystem::path& gguf, const std::vector<std::string>& texts)>;

struct ConvertOptions {
  std::string outtype = "auto";
  std::filesystem::path output;  // empty: the cache
  std::filesystem::path python;  // an interpreter with the needed packages; empty: our own environment
  std::string pre_tokenizer;     // llama.cpp's name; empty: the converter finds it
  TokensOf tokens_of;
  std::function<void(std::string_view line)> on_line = {};  // progress, one line each
};

struct Conversion {
  std::filesystem::path gguf;
  std::string sha256;
  bool reused = false;  // it was there already
  std::size_t lines_compared = 0;
};

// Makes (or finds) the GGUF file of a folder. environment when the Python environment is missing or cannot be
// used; bad_input, with the converter's last words, when it refuses the model; integrity when the new file's
// tokens are not those of tokenizer.json (the file is then removed).
base::Result<Conversion> convert_folder(const ConvertibleFolder& folder, const ConvertOptions& options);

}  // namespace bantam::model
