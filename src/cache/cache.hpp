#pragma once
// The cache folder's services: hashes of big files that are computed once, and locks between processes. Knows
// nothing of what the files are.

#include <filesystem>
#include <optional>
#include <string>

#include "base/result.hpp"

namespace bantam::cache {

// The SHA-256 of a regular file. It is remembered in the cache folder under the file's canonical path, size,
// inode and the times of its last modification and change, and computed again when one of them differs. A
// file modified within the last two seconds is not remembered, since some file systems would not show a
// further change. With BANTAM_VERIFY=1 nothing is believed that this process has not read itself. bad_input
// when the file cannot be read, or changed while it was read; else as a HashingWatch says
// (cache/hashing.hpp). A cache that cannot be written only costs time.
base::Result<std::string> cached_sha256(const std::filesystem::path& path);

// Notes the hash of a file that this process has just written and closed, for later calls of cached_sha256().
void remember_sha256(const std::filesystem::path& path, const std::string& sha256);

// An exclusive lock between processes, held until destruction, also released when the process dies.
class FileLock {
 public:
  // Waits for as long as another process holds the lock. Makes the file if it is missing, and leaves it
  // there.
  static base::Result<FileLock> take(const std::filesystem::path& path);
  // Absent, at once, when another process holds it.
  static base::Result<std::optional<FileLock>> try_take(const std::filesystem::path& path);

  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  static base::Result<FileLock> open(const std::filesystem::path& path);
  int descriptor_;
};

}  // namespace bantam::cache
