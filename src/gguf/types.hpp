#pragma once
// The closed lists of the GGUF format: how tensors are stored, and what whole files are called. The numbers
// are those on disk (ggml_type and llama_ftype of llama.cpp). Knows nothing of any file.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bantam::gguf {

// How the elements of a tensor are stored: in blocks of `block_elements` that take `block_bytes` each.
struct TensorType {
  std::uint32_t id = 0;
  std::string_view name;  // "F16", "Q4_K"
  std::uint64_t block_elements = 1;
  std::uint64_t block_bytes = 1;
};

// Absent for numbers that were never given out or are no longer in use.
std::optional<TensorType> tensor_type(std::uint32_t id);
// By name, in any case.
std::optional<TensorType> tensor_type(std::string_view name);

// F64, F32, F16 and BF16: weights that were not quantized.
bool is_float(std::string_view tensor_type_name);

// What llama.cpp's quantizer needs before it can make a file type.
enum class HowMade {
  direct,            // nothing but float weights
  needs_importance,  // an importance matrix
  needs_experts,     // expert layers: in other models it changes nothing below Q8_0
  unsupported,       // it reads such files but makes none
};

// The name of a whole file, whose tensors may be of several types (Q4_K_M: Q4_K and Q6_K).
struct FileType {
  std::uint32_t id = 0;   // general.file_type
  std::string_view name;  // "F16", "Q4_K_M"
  HowMade how_made = HowMade::direct;
};

std::optional<FileType> file_type(std::uint32_t id);
// Exact upper-case name.
std::optional<FileType> file_type(std::string_view name);

// Whether an importance matrix changes what is made: not so for float types, and for those whose rounding
// does not weigh columns (Q8_0, the ternary types, ...).
bool uses_importance(const FileType& type);

// The file type that a file whose matrices are mostly of this tensor type is taken for when it does not say.
// Absent when there is none (integers).
std::optional<FileType> likely_file_type(std::string_view tensor_type_name);

// All tensor type names, for messages.
std::string known_tensor_types();

}  // namespace bantam::gguf
