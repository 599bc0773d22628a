#pragma once
// Bytes by their place in a file, wherever the file is (on disk, on a server, in memory), and little-endian
// values read from them in order, never past the end. Knows nothing of what the bytes mean.

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>

#include "base/result.hpp"

namespace bantam::gguf {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // `count` bytes from `offset` on, of which none lies behind the end. bad_input when the file became
  // shorter; remote: the transfer's errors.
  virtual base::Result<std::string> read(std::uint64_t offset, std::uint64_t count) = 0;
  virtual std::uint64_t size() const = 0;
  // For messages: control characters made visible.
  virtual const std::string& name() const = 0;
};

// bad_input when the path is missing, may not be read, or is no regular file (folder, FIFO, socket, device);
// never waits. Reads with pread: a file that shrinks meanwhile gives an error, not a signal.
base::Result<std::unique_ptr<ByteSource>> open_file(const std::filesystem::path& path);

// `count` bytes of a remote file from `offset` on.
using RangeReader = std::function<base::Result<std::string>(std::uint64_t offset, std::uint64_t count)>;

// A file of which only the beginning is fetched, as far as it is read: 256 KiB first, then twice as much each
// time. What was fetched is kept. bad_input when more than 64 MiB are asked for: no model's head is that
// long.
class RemoteHead : public ByteSource {
 public:
  RemoteHead(std::string name, std::uint64_t size, RangeReader reader);

  base::Result<std::string> read(std::uint64_t offset, std::uint64_t count) override;
  std::uint64_t size() const override { return size_; }
  const std::string& name() const override { return name_; }
  // The beginning of the file, as far as it is here.
  const std::string& fetched() const { return fetched_; }

 private:
  std::string name_;
  std::uint64_t size_;
  RangeReader reader_;
  std::string fetched_;
};

// The beginning of a file of `size` bytes that was never written; what lies behind `head` reads as zeros.
class HeadInMemory : public ByteSource {
 public:
  HeadInMemory(std::string name, std::string head, std::uint64_t size);

  base::Result<std::string> read(std::uint64_t offset, std::uint64_t count) override;
  std::uint64_t size() const override { return size_; }
  const std::string& name() const override { return name_; }

 private:
  std::string name_;
  std::string head_;
  std::uint64_t size_;
};

class ByteReader {
 public:
  // The source must outlive the reader.
  explicit ByteReader(ByteSource& source) : source_(source) {}

  std::uint64_t size() const { return source_.size(); }
  std::uint64_t offset() const { return offset_; }
  std::uint64_t left() const { return size() - offset_; }
  const std::string& name() const { return source_.name(); }

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
  base::Status refill();
  tl::unexpected<base::Error> too_short(const char* what, std::uint64_t count) const;

  ByteSource& source_;
  std::uint64_t offset_ = 0;        // of the next byte in the file
  std::uint64_t buffer_begin_ = 0;  // file offset of buffer_[0]
  std::string buffer_;
};

}  // namespace bantam::gguf
