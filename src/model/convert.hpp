#pragma once
// From a model folder as training libraries keep it (config.json, tokenizer files, *.safetensors) to a GGUF
// file, by llama.cpp's own converter in a Python environment of our own (model/python_environment.hpp). Knows
// nothing of precisions, and runs no engine: tokenizing with the new file is the caller's.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
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
// off. Hashes the files once (cache/cache.hpp).
base::Result<ModelFolder> inspect_folder(const std::filesystem::path& path);

// The names that --outtype takes: "auto" (F16 for float16 weights, else BF16), "f32", "f16", "bf16".
const std::vector<std::string>& conversion_types();

struct Conversion {
  std::filesystem::path gguf;
  std::string sha256;
  std::optional<std::size_t> lines_compared;  // absent: the file was in the cache already
};

// Token ids of each text by a GGUF file's own tokenizer; nothing is added, and names of special tokens count
// as text.
using Tokenize = std::function<base::Result<std::vector<std::vector<std::int32_t>>>(
    const std::filesystem::path& gguf, const std::vector<std::string>& texts)>;

struct ConvertOptions {
  std::string outtype = "auto";
  std::filesystem::path output;  // empty: the cache
  std::filesystem::path python;  // a user's interpreter that has the packages; empty: our own environment
  std::string pre_tokenizer;     // llama.cpp's name of it; empty: the converter looks it up
  Tokenize tokenize;
  std::function<void(std::string_view line)> on_line;  // progress
};

// Makes (or finds) the GGUF file of a folder. environment when the converter is not installed or cannot run;
// bad_input, with the converter's last words, when it refuses the model; integrity when the new file's tokens
// are not those of the folder's tokenizer (the file is then removed); storage when it cannot be written.
base::Result<Conversion> convert_folder(const ModelFolder& folder, const ConvertOptions& options);

// What an earlier conversion to this type left in the cache, whole and checked; absent when there is nothing.
base::Result<std::optional<Conversion>> find_conversion(const ModelFolder& folder, std::string_view outtype);

// The same for a path, of any type: the first there is of auto, bf16, f16, f32. environment, with the command
// to run as its hint, when there is none. Hashes the folder's files once.
base::Result<std::filesystem::path> find_converted(const std::filesystem::path& folder);

// The first text whose two tokenizations differ, and where; empty when there is none.
std::string first_difference(const std::vector<std::string>& texts,
                             const std::vector<std::vector<std::int32_t>>& expected,
                             const std::vector<std::vector<std::int32_t>>& found);

}  // namespace bantam::model
