#pragma once
// The content of a GGUF file, versions 2 and 3, as far as it describes itself: keys with values, and the
// table of tensors. Every count, length and offset is checked against the file before it is used, so that a
// damaged or hostile file gives an error here and never reaches the engine. Knows nothing of what a key means
// (except general.alignment), and reads no weights.
//
// Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "gguf/bytes.hpp"
#include "gguf/types.hpp"

namespace bantam::gguf {

// The numbers are those on disk.
enum class ValueType : std::uint32_t {
  uint8 = 0,
  int8 = 1,
  uint16 = 2,
  int16 = 3,
  uint32 = 4,
  int32 = 5,
  float32 = 6,
  boolean = 7,
  string = 8,
  array = 9,
  uint64 = 10,
  int64 = 11,
  float64 = 12,
};

struct Key {
  std::string name;
  ValueType type = ValueType::uint8;   // of the elements when `count` is there
  std::optional<std::uint64_t> count;  // elements of an array; absent for a single value
  base::Json value;                    // of an array: its first elements only (kPreview)
};

// Array elements kept in Key::value: enough for one number per layer.
inline constexpr std::uint64_t kPreview = 512;

struct Tensor {
  std::string name;
  TensorType type;
  std::vector<std::uint64_t> shape;  // fastest-varying dimension first
  std::uint64_t elements = 0;
  std::uint64_t bytes = 0;
  std::uint64_t offset = 0;  // from GgufContent::data_offset
  std::size_t part = 0;      // which file of a split model holds it (gguf/split.hpp)
};

struct GgufContent {
  std::uint32_t version = 0;
  std::uint64_t alignment = 32;
  std::uint64_t file_bytes = 0;
  std::uint64_t data_offset = 0;  // where tensor data starts
  std::vector<Key> keys;
  std::vector<Tensor> tensors;
  std::vector<std::string> tokens;  // all of tokenizer.ggml.tokens; empty when the file has none

  // nullptr when there is no such key.
  const Key* find_key(std::string_view name) const;
  const Tensor* find_tensor(std::string_view name) const;
};

// bad_input with one line that names the file and what is wrong in it: not a GGUF file (naming the format
// found), a version that is not read, impossible counts, lengths or shapes, duplicate names, tensors that
// overlap or reach past the end (then with the bytes that are there and that are needed).
base::Result<GgufContent> read_gguf(const std::filesystem::path& path);
// The same for any source; reads from its beginning to the end of the table of tensors.
base::Result<GgufContent> read_gguf(ByteSource& source);

}  // namespace bantam::gguf
