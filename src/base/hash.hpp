#pragma once
// SHA-256 of texts and files, as 64 lower-case hexadecimal digits; and hashes of bytes as they come.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace bantam::base {

std::string sha256(std::string_view content);
// Its first 15 digits as a number, which is never negative: for checksums of very many short texts.
std::int64_t short_sha256(std::string_view content);

class Digest {
 public:
  static Digest sha256();
  // The id (SHA-1, 40 digits) that git gives a file with `bytes` bytes of content.
  static Digest git_blob(std::uint64_t bytes);

  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;
  ~Digest();

  void add(std::string_view bytes);
  // Lower-case hexadecimal digits. Ends the hash: nothing may be added after it.
  std::string hex();

 private:
  struct State;
  explicit Digest(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Called after each block with the bytes read so far; an error ends the reading and is its result.
using OnBlock = std::function<Status(std::uint64_t done_bytes)>;

// bad_input when the file cannot be opened, storage when the disk does not give it.
Result<std::string> digest_of_file(const std::filesystem::path& path, Digest digest, const OnBlock& on_block);
Result<std::string> sha256_of_file(const std::filesystem::path& path);

}  // namespace bantam::base
