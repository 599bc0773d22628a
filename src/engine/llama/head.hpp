#pragma once
// Model files of which only the head exists: all before the tensor data. They take no disk and next to no
// memory, and the engine can plan with them as with the whole file. Knows nothing of where heads come from.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace bantam::engine {

// A file, or the beginning of one that holds at least its head.
struct ModelHead {
  std::filesystem::path path;
  std::int64_t file_bytes = 0;  // of the whole file
};

// A file in memory whose data is a hole; it is gone with this object.
class HollowFile {
 public:
  static base::Result<HollowFile> make();
  HollowFile(HollowFile&& other) noexcept;
  HollowFile& operator=(HollowFile&& other) noexcept;
  HollowFile(const HollowFile&) = delete;
  HollowFile& operator=(const HollowFile&) = delete;
  ~HollowFile();

  // Opens like any file, in this process.
  std::filesystem::path path() const;
  // Appends; environment when there is no memory for it.
  base::Status write(const std::string& bytes);
  // From its end to `bytes` the file is a hole.
  base::Status extend(std::int64_t bytes);

 private:
  explicit HollowFile(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

// The parts of a split file in order, or the one file, as one hollow file. bad_input when a head is damaged.
base::Result<HollowFile> hollow_copy(const std::vector<ModelHead>& parts);

// The file that llama.cpp's quantizer makes of `source` for this file type (Q4_K_M), without importance
// matrix: every tensor has the type that it would get. bad_input when the file type is unknown, or the engine
// does not take the source.
base::Result<HollowFile> hollow_quantized(const std::filesystem::path& source, const std::string& llama_type);

// The storage types of a file's tensors of two or more dimensions, in ggml's names; most bytes first.
base::Result<std::vector<std::string>> matrix_types(const std::filesystem::path& file);

}  // namespace bantam::engine
