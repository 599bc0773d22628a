#pragma once
// Little-endian values read in order from a regular file, never past its end. Uses pread into a bounded
// buffer: a file that shrinks meanwhile gives an error, not a signal. Knows nothing of what the bytes mean.

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <type_traits>
#include <vector>

#include "base/result.hpp"

namespace bantam::model {

class ByteReader {
 public:
  // bad_input when the path is missing, may not be read, or is no regular file (folder, FIFO, socket,
  // device); never waits.
  static base::Result<ByteReader> open(const std::filesystem::path& path);

  ByteReader(ByteReader&& other) noexcept;
  ByteReader& operator=(ByteReader&&) = delete;
  ~ByteReader();

  std::uint64_t size() const { return size_; }
  std::uint64_t offset() const { return offset_; }
  std::uint64_t left() const { return size_ - offset_; }
  // For messages: control characters made visible.
  const std::string& name() const { return name_; }

  // bad_input when fewer bytes are left; `what` names them in the message ("the length of key 3").
  base::Status bytes(void* target, std::uint64_t count, const char* what);
  base::Status skip(std::uint64_t count, const char* what);

  template <typename Number>
  base::Result<Number> number(const char* what) {
    static_assert(std::is_arithmetic_v<Number>);
    Number value{};
    TRY(bytes(&value, sizeof value, what));
    return value;
  }

  // A 64-bit length and that many bytes; bad_input when longer than `longest`.
  base::Result<std::string> text(std::uint64_t longest, const char* what);

  // The first bytes of the file, at most `count`; does not move.
  base::Result<std::string> first_bytes(std::uint64_t count);

  // "FILE: cause", kind bad_input, with the advice to get the file again.
  tl::unexpected<base::Error> damaged(const std::string& cause) const;

 private:
  ByteReader(int descriptor, std::string name);
  base::Status refill();
  tl::unexpected<base::Error> too_short(const char* what, std::uint64_t count) const;

  int descriptor_ = -1;
  std::uint64_t size_ = 0;
  std::uint64_t offset_ = 0;        // of the next byte in the file
  std::uint64_t buffer_begin_ = 0;  // file offset of buffer_[0]
  std::uint64_t buffer_count_ = 0;  // valid bytes in buffer_
  std::vector<char> buffer_;
  std::string name_;
};

}  // namespace bantam::model
