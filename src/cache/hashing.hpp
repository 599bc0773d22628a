#pragma once
// Hashes of big files, which take seconds: whoever sits before the screen may watch, and end them.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "base/hash.hpp"
#include "base/result.hpp"

namespace bantam::cache {

struct Hashing {
  const std::filesystem::path& path;
  std::uint64_t done_bytes = 0;
  std::uint64_t total_bytes = 0;
};
// An error, interrupted for one, ends the hashing and is its result.
using OnHashing = std::function<base::Status(const Hashing&)>;

// While it lives, it is told of all hashing in this thread, many times a second. The latest one made counts.
class HashingWatch {
 public:
  explicit HashingWatch(OnHashing on_hashing);
  ~HashingWatch();
  HashingWatch(const HashingWatch&) = delete;
  HashingWatch& operator=(const HashingWatch&) = delete;

 private:
  friend class WatchedHash;
  OnHashing on_hashing_;
  const HashingWatch* earlier_;
};

// For code that reads a file by itself.
class WatchedHash {
 public:
  WatchedHash(const std::filesystem::path& path, std::uint64_t total_bytes);
  base::Status tell(std::uint64_t done_bytes) const;

 private:
  const std::filesystem::path& path_;
  std::uint64_t total_bytes_;
};

// The file's digest. Errors of base::digest_of_file(), and what the watch says.
base::Result<std::string> watched_hash(const std::filesystem::path& path, base::Digest digest);
// Its SHA-256, to the end whatever the watch says: for a file that was made at length and would be lost.
base::Result<std::string> sha256_of_made_file(const std::filesystem::path& path);

}  // namespace bantam::cache
