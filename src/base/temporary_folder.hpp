#pragma once
// A folder of our own that goes away with its object.

#include <filesystem>
#include <string_view>
#include <utility>

#include "base/result.hpp"

namespace bantam::base {

class TemporaryFolder {
 public:
  // Below TMPDIR, readable by this user alone; `purpose` is part of its name. storage.
  static Result<TemporaryFolder> make(std::string_view purpose);
  ~TemporaryFolder();
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace bantam::base
