#pragma once
// Models whose weights lie in several GGUF files, NAME-00001-of-00003.gguf and so on, as llama.cpp's
// gguf-split writes them: the first file describes the model, each holds some of the tensors. The engine
// finds the other parts by the first one's name; here they are found and checked before it does.

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "gguf/bytes.hpp"
#include "gguf/reader.hpp"

namespace bantam::gguf {

// All files of the model in order: `path` alone when it is not split. bad_input, naming the part, when
// `path` is not the first one or not named as one, or when another one is missing.
base::Result<std::vector<std::filesystem::path>> find_parts(const std::filesystem::path& path);

// The whole model: keys of the first file, tensors of all. bad_input for what read_gguf() and find_parts()
// refuse, and, naming the part, when one is out of order, belongs to another model, or lacks tensors.
base::Result<GgufContent> read_model(const std::filesystem::path& path);

// The same for any sources: all parts in order, whatever they are called.
base::Result<GgufContent> read_model(const std::vector<ByteSource*>& parts);

}  // namespace bantam::gguf
