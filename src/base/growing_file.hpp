#pragma once
// A file that is written piece by piece, and appears as a whole or not at all. Knows nothing of its content.

#include <filesystem>
#include <string_view>

#include "base/descriptor.hpp"
#include "base/result.hpp"

namespace bantam::base {

class GrowingFile {
 public:
  // Makes the folder when it is missing, and in it a temporary file, which is locked. What processes left
  // behind that were killed while they wrote this file is removed. storage when it cannot be made.
  static Result<GrowingFile> begin(const std::filesystem::path& path);
  // Removes what was not published.
  ~GrowingFile();
  GrowingFile(GrowingFile&& other) noexcept;
  GrowingFile& operator=(GrowingFile&&) = delete;

  // storage when it cannot be written; nothing more may be written then.
  Status write(std::string_view bytes);
  // Syncs it and gives it its name; a file of that name is replaced. Nothing may be written afterwards.
  Status publish();

 private:
  GrowingFile(std::filesystem::path path, std::filesystem::path temporary, Descriptor file);

  std::filesystem::path path_;
  std::filesystem::path temporary_;  // empty once it is published
  Descriptor file_;
};

// Removes files in the folder that GrowingFile left when its process was killed: temporary ones whose names
// begin so, and that nobody holds a lock on.
void remove_abandoned(const std::filesystem::path& folder, std::string_view beginning);

}  // namespace bantam::base
